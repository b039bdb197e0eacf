using Custodiet.Records.People;

namespace Custodiet.People;

internal sealed partial class SignInRecords
{
    [LoggerMessage(
        5101,
        LogLevel.Error,
        "The ledger lacks a {Type} of account {Account}, because it takes no record: {Reason}",
        EventName = "PeopleSessionUnrecorded"
    )]
    private partial void LogUnrecorded(string type, ActorId account, string reason);

    [LoggerMessage(
        5102,
        LogLevel.Warning,
        "{Count} failed sign-ins wait until the ledger takes records again: {Reason}",
        EventName = "PeopleFailuresWait"
    )]
    private partial void LogFailuresWait(int count, string reason);
}
