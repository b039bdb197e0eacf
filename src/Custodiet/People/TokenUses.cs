using System.Collections.Concurrent;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>When each token was last used and from where: noted in memory on every request, stored once a minute. A crash loses the last minute.</summary>
internal sealed partial class TokenUses(IAccountStore store, TimeProvider time, ILogger<TokenUses> logger)
    : BackgroundService
{
    private static readonly TimeSpan flushTime = TimeSpan.FromMinutes(1);

    // Only tokens that were recognised, hence no more than there are.
    private readonly ConcurrentDictionary<ActorId, TokenUse> pending = new();

    /// <summary>Notes a use.</summary>
    public void Note(ActorId token, string? address) => pending[token] = new TokenUse(token, time.GetUtcNow(), address);

    /// <summary>The last use of every token that was ever used.</summary>
    public async Task<IReadOnlyDictionary<ActorId, TokenUse>> ReadAsync(CancellationToken cancellation)
    {
        Dictionary<ActorId, TokenUse> uses = (
            await store.TokenUsesAsync(cancellation).ConfigureAwait(false)
        ).ToDictionary(use => use.Token);
        foreach ((ActorId token, TokenUse use) in pending)
        {
            uses[token] = use;
        }
        return uses;
    }

    /// <summary>Stores what has been noted since the last time.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        TokenUse[] uses = [.. pending.Values];
        if (uses.Length == 0)
        {
            return;
        }
        if (await store.NoteUsesAsync(uses, cancellation).ConfigureAwait(false) is AppendOutcome.Refused refused)
        {
            LogUnsaved(uses.Length, refused.Reason);
            return;
        }
        foreach (TokenUse use in uses)
        {
            // One that was used again meanwhile stays.
            pending.TryRemove(KeyValuePair.Create(use.Token, use));
        }
    }

    /// <summary>Stores what is left.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(flushTime, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            await FlushAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(
        5104,
        LogLevel.Warning,
        "The last uses of {Count} tokens wait until the store takes them: {Reason}",
        EventName = "PeopleTokenUsesUnsaved"
    )]
    private partial void LogUnsaved(int count, string reason);
}
