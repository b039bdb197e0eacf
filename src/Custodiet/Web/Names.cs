using System.Collections.Frozen;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web;

/// <summary>The names behind pseudonyms, for screens only; what a page exports keeps the pseudonym.</summary>
internal sealed class Names(IAccountStore accounts, TimeProvider time)
{
    private static readonly TimeSpan fresh = TimeSpan.FromSeconds(10);
    private volatile Table table = new(DateTimeOffset.MinValue, FrozenDictionary<ActorId, string>.Empty);

    /// <summary>All names now, at most ten seconds old.</summary>
    public async ValueTask<NameTable> ReadAsync(CancellationToken cancellation)
    {
        Table current = table;
        DateTimeOffset now = time.GetUtcNow();
        if (now - current.At > fresh)
        {
            IReadOnlyList<Account> all = await accounts.AccountsAsync(cancellation);
            IReadOnlyList<ApiToken> tokens = await accounts.TokensAsync(cancellation);
            Dictionary<ActorId, string> names = all.ToDictionary(a => a.Id, Of);
            foreach (ApiToken token in tokens)
            {
                names[token.Id] =
                    token.Owner is { } owner && names.TryGetValue(owner, out string? whose)
                        ? $"{token.Name} (token of {whose})"
                        : $"{token.Name} (token)";
            }
            current = new Table(now, names.ToFrozenDictionary());
            table = current;
        }
        return new NameTable(current.Names);
    }

    private static string Of(Account account) =>
        account.Kind switch
        {
            AccountKind.BreakGlass => $"{account.Name} (break-glass)",
            AccountKind.Service => $"{account.Name} (service)",
            _ => account.Name,
        };

    private sealed record Table(DateTimeOffset At, FrozenDictionary<ActorId, string> Names);
}

/// <summary>Names as they were when a page was rendered.</summary>
public readonly record struct NameTable(FrozenDictionary<ActorId, string> Names)
{
    /// <summary>The name, or the pseudonym where none is known.</summary>
    public string Of(ActorId actor) =>
        actor == ActorId.Service ? "Custodiet"
        : actor == ActorId.Console ? "console"
        : Names is not null && Names.TryGetValue(actor, out string? name) ? name
        : actor.Value ?? "";
}
