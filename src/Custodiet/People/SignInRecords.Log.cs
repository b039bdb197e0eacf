namespace Custodiet.People;

internal sealed partial class SignInRecords
{
    [LoggerMessage(
        5102,
        LogLevel.Warning,
        "{Count} failed sign-ins wait until the ledger takes records again: {Reason}",
        EventName = "PeopleFailuresWait"
    )]
    private partial void LogFailuresWait(int count, string reason);
}
