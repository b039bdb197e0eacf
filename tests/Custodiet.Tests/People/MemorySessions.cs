using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.People;

/// <summary>Sessions in memory, whose records go to the record store that is given.</summary>
internal sealed class MemorySessions(IRecordStore records) : ISessionStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<SessionId, Session> sessions = [];

    /// <summary>As they are kept.</summary>
    public IReadOnlyList<Session> Kept
    {
        get
        {
            lock (gate)
            {
                return [.. sessions.Values.OrderBy(session => session.Id.Value, StringComparer.Ordinal)];
            }
        }
    }

    public ValueTask<IReadOnlyList<Session>> SessionsAsync(CancellationToken cancellation) => new(Kept);

    public async ValueTask<AppendOutcome> SaveAsync(
        IReadOnlyList<Session> changed,
        IReadOnlyList<SessionId> forgotten,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    )
    {
        AppendOutcome outcome =
            drafts.Count == 0
                ? new AppendOutcome.Appended(0, [])
                : await records.AppendAsync(new AppendRequest { Drafts = drafts }, cancellation);
        if (outcome is AppendOutcome.Appended)
        {
            lock (gate)
            {
                foreach (Session session in changed)
                {
                    sessions[session.Id] = session;
                }
                foreach (SessionId id in forgotten)
                {
                    sessions.Remove(id);
                }
            }
        }
        return outcome;
    }
}
