using Custodiet.Records.People;

namespace Custodiet.Web.SignIn;

/// <summary>What accounts, sessions and their ways in are called on pages.</summary>
internal static class SignInWords
{
    /// <summary>What somebody showed to sign in.</summary>
    public static string Of(SignInMethod method) =>
        method switch
        {
            SignInMethod.Password => "password",
            SignInMethod.Authenticator => "password and authenticator",
            SignInMethod.RecoveryCode => "password and recovery code",
            SignInMethod.OneTimeCode => "one-time code",
            SignInMethod.SetupCode => "setup code",
            SignInMethod.Passkey => "passkey",
            SignInMethod.Provider => "identity provider",
            SignInMethod.BreakGlass => "break-glass code",
            _ => method.ToString(),
        };

    /// <summary>Why a session is over.</summary>
    public static string Of(SessionEnd? end) =>
        end switch
        {
            SessionEnd.SignedOut => "signed out",
            SessionEnd.Revoked => "ended from elsewhere",
            SessionEnd.Idle => "not used for too long",
            SessionEnd.Expired => "reached its longest time",
            SessionEnd.AccountChanged => "the account changed",
            SessionEnd.TooMany => "too many at once",
            SessionEnd.Provider => "ended by the identity provider",
            _ => "over",
        };

    /// <summary>Why a break-glass account was used.</summary>
    public static string Of(BreakGlassReason reason) =>
        reason switch
        {
            BreakGlassReason.ProviderDown => "The identity provider does not let people in",
            BreakGlassReason.AdministratorsLockedOut => "Nobody who may administer can sign in",
            BreakGlassReason.AccountsCompromised => "The usual accounts cannot be trusted",
            BreakGlassReason.Drill => "A drill: the sealed code is tested",
            _ => reason.ToString(),
        };

    /// <summary>What another person says to it.</summary>
    public static string Of(BreakGlassJudgement judgement) =>
        judgement switch
        {
            BreakGlassJudgement.Justified => "It was needed",
            BreakGlassJudgement.Drill => "It was a drill",
            BreakGlassJudgement.Unneeded => "It was not needed",
            BreakGlassJudgement.Suspicious => "It may be misuse: we look into it",
            _ => judgement.ToString(),
        };
}
