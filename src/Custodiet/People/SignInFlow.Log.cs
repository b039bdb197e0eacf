using Custodiet.Records.People;

namespace Custodiet.People;

internal sealed partial class SignInFlow
{
    [LoggerMessage(
        5100,
        LogLevel.Warning,
        "Account {Account} is locked after repeated wrong passwords or codes.",
        EventName = "PeopleAccountLocked"
    )]
    private partial void LogLocked(ActorId account);
}
