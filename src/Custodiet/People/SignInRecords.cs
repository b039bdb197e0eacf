using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>
/// The records of signing in and out. A session that begins or ends has one of its own, durable before the answer. Failures
/// are folded: one record for each account and minute, and one for all names that no account has, so that whoever tries
/// a million passwords makes a thousand records a day and not a million.
/// </summary>
/// <remarks>
/// Nothing here is ever refused: while the ledger takes no record, people must be able to sign in to see why, and to sign
/// out. The log then has what the ledger lacks, and failures wait until it takes records again. A crash loses the failures
/// of the last minute; the lock of an account is stored at once.
/// </remarks>
internal sealed partial class SignInRecords(IRecordStore records, TimeProvider time, ILogger<SignInRecords> logger)
    : BackgroundService
{
    /// <summary>How long failures are folded into one record.</summary>
    public static readonly TimeSpan FoldTime = TimeSpan.FromMinutes(1);

    private const string unknown = "account/unknown";

    private readonly Lock gate = new();

    // At most one for each account, and one: what an attacker types is no key.
    private readonly Dictionary<string, SignInFailed> folded = [];

    /// <summary>Records that somebody signed in.</summary>
    public Task BeganAsync(ActorId account, SignInMethod method) =>
        AppendAsync(new SessionBegan(account, method), account);

    /// <summary>Records that somebody signed out.</summary>
    public Task EndedAsync(ActorId account) => AppendAsync(new SessionEnded(account), account);

    /// <summary>Counts a failed sign-in; its record follows within a minute.</summary>
    /// <param name="account">Whose, or null when no account has the name.</param>
    /// <param name="reason">Why.</param>
    public void Failed(ActorId? account, SignInFailure reason)
    {
        DateTimeOffset now = time.GetUtcNow();
        Fold(new SignInFailed(account, now, now, [new SignInFailureCount(reason, 1)]));
    }

    /// <summary>Records the failures so far; those that are refused stay for the next time.</summary>
    public async Task FlushAsync()
    {
        SignInFailed[] failures;
        lock (gate)
        {
            failures = [.. folded.Values];
            folded.Clear();
        }
        if (failures.Length == 0)
        {
            return;
        }
        AppendRequest request = new()
        {
            Drafts = [.. failures.Select(f => new RecordDraft(f, StreamOf(f.Account), ActorId.Service, f.FirstAt))],
        };
        if (await records.AppendAsync(request, CancellationToken.None) is AppendOutcome.Refused refused)
        {
            LogFailuresWait(failures.Sum(f => f.Failures.Sum(c => c.Count)), refused.Reason);
            foreach (SignInFailed failure in failures)
            {
                Fold(failure);
            }
        }
    }

    /// <summary>Records what is left.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(FoldTime, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await FlushAsync();
        }
    }

    private static string StreamOf(ActorId? account) => account is { } known ? $"account/{known}" : unknown;

    private void Fold(SignInFailed more)
    {
        string stream = StreamOf(more.Account);
        lock (gate)
        {
            folded[stream] = folded.TryGetValue(stream, out SignInFailed? so) ? Sum(so, more) : more;
        }
    }

    private static SignInFailed Sum(SignInFailed one, SignInFailed other) =>
        one with
        {
            FirstAt = one.FirstAt < other.FirstAt ? one.FirstAt : other.FirstAt,
            LastAt = one.LastAt > other.LastAt ? one.LastAt : other.LastAt,
            Failures =
            [
                .. one
                    .Failures.Concat(other.Failures)
                    .GroupBy(count => count.Reason)
                    .OrderBy(group => group.Key)
                    .Select(group => new SignInFailureCount(group.Key, group.Sum(count => count.Count))),
            ],
        };

    // The act has happened, whether or not the browser still waits for the answer.
    private async Task AppendAsync(RecordBody body, ActorId account)
    {
        RecordDraft draft = new(body, StreamOf(account), account, time.GetUtcNow());
        AppendRequest request = new() { Drafts = [draft] };
        if (await records.AppendAsync(request, CancellationToken.None) is AppendOutcome.Refused refused)
        {
            LogUnrecorded(body.Type, account, refused.Reason);
        }
    }
}
