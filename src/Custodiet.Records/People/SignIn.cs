namespace Custodiet.Records.People;

/// <summary>What somebody showed to sign in.</summary>
public enum SignInMethod
{
    /// <summary>The password alone.</summary>
    Password,

    /// <summary>Password and a code of the authenticator app.</summary>
    Authenticator,

    /// <summary>Password and one of the recovery codes.</summary>
    RecoveryCode,

    /// <summary>The one-time code with which a password is set: a new account's, or one of <c>custodiet user recover</c>.</summary>
    OneTimeCode,

    /// <summary>The code of the terminal that makes the first account.</summary>
    SetupCode,

    /// <summary>A passkey, with user verification.</summary>
    Passkey,

    /// <summary>The identity provider's word (OpenID Connect).</summary>
    Provider,

    /// <summary>The sealed code of a break-glass account.</summary>
    BreakGlass,
}

/// <summary>Why a sign-in failed. Records say it; the answer to whoever tried does not.</summary>
public enum SignInFailure
{
    /// <summary>No account has the name.</summary>
    UnknownName,

    /// <summary>Wrong password.</summary>
    WrongPassword,

    /// <summary>Right password, wrong code of the authenticator app: the password may be known to others.</summary>
    WrongCode,

    /// <summary>Right password, wrong recovery code.</summary>
    WrongRecoveryCode,

    /// <summary>Wrong or expired one-time code.</summary>
    WrongOneTimeCode,

    /// <summary>The account is locked after failed sign-ins; nothing was checked.</summary>
    Locked,

    /// <summary>The account is disabled; nothing was checked.</summary>
    Disabled,

    /// <summary>More attempts with the name than are allowed in a minute; nothing was checked.</summary>
    TooMany,

    /// <summary>A passkey that is unknown, or whose answer does not hold.</summary>
    WrongPasskey,

    /// <summary>The password was right or not, but this account may not use one: a setting asks for a passkey or the provider.</summary>
    PasswordNotAllowed,

    /// <summary>The identity provider's answer does not hold: signature, issuer, audience, nonce or time.</summary>
    ProviderAnswerInvalid,

    /// <summary>The identity provider refused, or the person turned back there.</summary>
    ProviderDenied,

    /// <summary>The identity provider knows the person, but gives no claim that a role follows from.</summary>
    NoRole,

    /// <summary>The identity provider's answer lacks the claim that names the person.</summary>
    NoName,

    /// <summary>Wrong sealed code of a break-glass account.</summary>
    WrongBreakGlassCode,
}
