using Custodiet.Embedded.Reading;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>Saves sessions together with the records of the change.</summary>
internal static class SessionWriter
{
    public static AppendOutcome Save(
        RecordAppender appender,
        IReadOnlyList<Session> sessions,
        IReadOnlyList<SessionId> forgotten,
        IReadOnlyList<RecordDraft> drafts
    )
    {
        foreach (Session session in sessions)
        {
            appender.Statements.Execute(
                "INSERT INTO session(id, content) VALUES($1, $2) ON CONFLICT(id) DO UPDATE SET content = excluded.content",
                session.Id.Value,
                Columns.Json(session)
            );
        }
        foreach (SessionId id in forgotten)
        {
            appender.Statements.Execute("DELETE FROM session WHERE id = $1", id.Value);
        }
        return appender.Append(drafts);
    }

    /// <summary>Forgets all sessions of an account, with the addresses that they came from.</summary>
    public static void Forget(Statements statements, ActorId account)
    {
        foreach (Session session in AccountReader.Sessions(statements).Where(session => session.Account == account))
        {
            statements.Execute("DELETE FROM session WHERE id = $1", session.Id.Value);
        }
    }
}
