using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>
/// The records of failed sign-ins. They are folded: one record for each account and minute, and one for all names that no
/// account has, so that whoever tries a million passwords makes a thousand records a day and not a million.
/// </summary>
/// <remarks>
/// While the ledger takes no record, failures wait until it takes them again. A crash loses the failures of the last minute;
/// the lock of an account is stored at once.
/// </remarks>
internal sealed partial class SignInRecords(IRecordStore records, TimeProvider time, ILogger<SignInRecords> logger)
    : BackgroundService
{
    /// <summary>How long failures are folded into one record.</summary>
    public static readonly TimeSpan FoldTime = TimeSpan.FromMinutes(1);

    /// <summary>Pairs of reason and address in one record; further addresses are counted together.</summary>
    public const int EntriesMax = 20;

    private const string unknown = "account/unknown";

    private readonly Lock gate = new();

    // At most one for each account, and one: what an attacker types is no key.
    private readonly Dictionary<string, Folded> folded = [];

    /// <summary>Counts a failed sign-in; its record follows within a minute.</summary>
    /// <param name="account">Whose, or null when no account has the name.</param>
    /// <param name="reason">Why.</param>
    /// <param name="address">Where from, or null when it is not known.</param>
    public void Failed(ActorId? account, SignInFailure reason, string? address)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (gate)
        {
            Of(account, now).Add(reason, address, 1, now, now);
        }
    }

    /// <summary>Records the failures so far; those that are refused stay for the next time.</summary>
    public async Task FlushAsync()
    {
        SignInFailed[] failures;
        lock (gate)
        {
            failures = [.. folded.Values.Select(f => f.ToRecord())];
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
        if (await records.AppendAsync(request, CancellationToken.None) is not AppendOutcome.Refused refused)
        {
            return;
        }
        LogFailuresWait(failures.Sum(f => f.Failures.Sum(c => c.Count)), refused.Reason);
        lock (gate)
        {
            foreach (SignInFailed failure in failures)
            {
                foreach (SignInFailures entry in failure.Failures)
                {
                    Of(failure.Account, failure.FirstAt)
                        .Add(entry.Reason, entry.Address, entry.Count, failure.FirstAt, failure.LastAt);
                }
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

    private Folded Of(ActorId? account, DateTimeOffset at)
    {
        string stream = StreamOf(account);
        if (!folded.TryGetValue(stream, out Folded? so))
        {
            folded[stream] = so = new Folded(account, at);
        }
        return so;
    }

    /// <summary>Failures of one account while they are counted.</summary>
    private sealed class Folded(ActorId? account, DateTimeOffset at)
    {
        private readonly Dictionary<(SignInFailure Reason, string? Address), int> counts = [];
        private DateTimeOffset firstAt = at;
        private DateTimeOffset lastAt = at;

        public void Add(SignInFailure reason, string? address, int count, DateTimeOffset first, DateTimeOffset last)
        {
            firstAt = first < firstAt ? first : firstAt;
            lastAt = last > lastAt ? last : lastAt;
            (SignInFailure, string?) key =
                counts.ContainsKey((reason, address)) || counts.Count < EntriesMax ? (reason, address) : (reason, null);
            counts[key] = counts.GetValueOrDefault(key) + count;
        }

        public SignInFailed ToRecord() =>
            new(
                account,
                firstAt,
                lastAt,
                [
                    .. counts
                        .OrderBy(entry => entry.Key.Reason)
                        .ThenBy(entry => entry.Key.Address, StringComparer.Ordinal)
                        .Select(entry => new SignInFailures(entry.Key.Reason, entry.Key.Address, entry.Value)),
                ]
            );
    }
}
