namespace Custodiet.People.Provider;

internal sealed partial class ProviderSignIn
{
    [LoggerMessage(
        5110,
        LogLevel.Warning,
        "The identity provider's answer was refused: {Reason}",
        EventName = "PeopleProviderAnswerRefused"
    )]
    private partial void LogAnswerRefused(string reason);

    [LoggerMessage(
        5111,
        LogLevel.Error,
        "The identity provider does not answer, or does not know this installation: {Reason}",
        EventName = "PeopleProviderUnreachable"
    )]
    private partial void LogUnreachable(string reason);
}
