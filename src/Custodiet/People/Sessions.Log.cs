using Custodiet.Records.People;

namespace Custodiet.People;

internal sealed partial class Sessions
{
    [LoggerMessage(
        5101,
        LogLevel.Critical,
        "The ledger lacks a {Type} of account {Account}, because it takes no record: {Reason}",
        EventName = "PeopleSessionUnrecorded"
    )]
    private partial void LogUnrecorded(string type, ActorId account, string reason);

    [LoggerMessage(
        5103,
        LogLevel.Warning,
        "{Count} sessions are known in memory alone until the store takes them: {Reason}",
        EventName = "PeopleSessionsUnsaved"
    )]
    private partial void LogUnsaved(int count, string reason);
}
