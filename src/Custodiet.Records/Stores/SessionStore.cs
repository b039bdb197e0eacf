using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Records.Stores;

/// <summary>Sessions of people. A change and the record of it become durable together.</summary>
public interface ISessionStore
{
    /// <summary>All that are kept, over ones too, by name.</summary>
    ValueTask<IReadOnlyList<Session>> SessionsAsync(CancellationToken cancellation);

    /// <summary>Inserts or replaces these, and forgets those, in one transaction.</summary>
    /// <param name="sessions">As they are now.</param>
    /// <param name="forgotten">No longer kept.</param>
    /// <param name="drafts">Records of the change. Without any, nothing is refused while the ledger takes no record.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<AppendOutcome> SaveAsync(
        IReadOnlyList<Session> sessions,
        IReadOnlyList<SessionId> forgotten,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    );
}
