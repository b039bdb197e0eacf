using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.People;

/// <summary>Accounts in memory, with the drafts that came along.</summary>
internal sealed class MemoryAccounts : IAccountStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<ActorId, Account> accounts = [];
    private readonly List<ApiToken> tokens = [];
    private readonly Dictionary<ActorId, TokenUse> uses = [];

    public List<RecordDraft> Drafts { get; } = [];

    /// <summary>When set, nothing that comes with a record is saved, as when the ledger refuses.</summary>
    public string? RefuseReason { get; set; }

    public IEnumerable<string> DraftTypes => Drafts.Select(draft => draft.Body.Type);

    public ValueTask<IReadOnlyList<Account>> AccountsAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            return new([.. accounts.Values.OrderBy(account => account.Name, StringComparer.Ordinal)]);
        }
    }

    public ValueTask<Account?> AccountAsync(ActorId id, CancellationToken cancellation)
    {
        lock (gate)
        {
            return new(accounts.GetValueOrDefault(id));
        }
    }

    public ValueTask<Account?> AccountByNameAsync(string name, CancellationToken cancellation)
    {
        lock (gate)
        {
            return new(accounts.Values.FirstOrDefault(account => SameName(account.Name, name)));
        }
    }

    public ValueTask<AppendOutcome> SaveAsync(
        Account account,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    )
    {
        lock (gate)
        {
            if (accounts.Values.Any(other => other.Id != account.Id && SameName(other.Name, account.Name)))
            {
                return new(new AppendOutcome.Conflict($"account-name/{account.Name}", null));
            }
            return new(Append(drafts, () => accounts[account.Id] = account));
        }
    }

    public ValueTask<IReadOnlyList<ApiToken>> TokensAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            return new([.. tokens.OrderByDescending(token => token.CreatedAt)]);
        }
    }

    public ValueTask<ApiToken?> TokenByHashAsync(string sha256, CancellationToken cancellation)
    {
        lock (gate)
        {
            return new(tokens.FirstOrDefault(token => token.Sha256 == sha256));
        }
    }

    public ValueTask<AppendOutcome> SaveAsync(
        ApiToken token,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    )
    {
        lock (gate)
        {
            return new(
                Append(
                    drafts,
                    () =>
                    {
                        tokens.RemoveAll(kept => kept.Id == token.Id);
                        tokens.Add(token);
                    }
                )
            );
        }
    }

    public ValueTask<IReadOnlyList<TokenUse>> TokenUsesAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            return new([.. uses.Values]);
        }
    }

    public ValueTask<AppendOutcome> NoteUsesAsync(IReadOnlyList<TokenUse> noted, CancellationToken cancellation)
    {
        lock (gate)
        {
            foreach (TokenUse use in noted)
            {
                uses[use.Token] = use;
            }
            return new(new AppendOutcome.Appended(Drafts.Count, []));
        }
    }

    private AppendOutcome Append(IReadOnlyList<RecordDraft> drafts, Action save)
    {
        if (RefuseReason is { } reason && drafts.Count > 0)
        {
            return new AppendOutcome.Refused(reason);
        }
        save();
        int first = Drafts.Count;
        Drafts.AddRange(drafts);
        return new AppendOutcome.Appended(first, [.. drafts.Select(_ => new RecordId(Guid.CreateVersion7()))]);
    }

    private static bool SameName(string left, string right) =>
        string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
