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
}
