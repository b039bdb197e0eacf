using Custodiet.Records.People;

namespace Custodiet.People.Provider;

/// <summary>What the sign-in through an identity provider (OpenID Connect) needs to know.</summary>
internal sealed record ProviderOptions
{
    /// <summary>The issuer's address; <c>/.well-known/openid-configuration</c> lies below it.</summary>
    public required Uri Authority { get; init; }

    /// <summary>What the provider calls this installation.</summary>
    public required string ClientId { get; init; }

    /// <summary>Gives the client's secret when it is needed, or null for a public client. Asked anew at each use, so that a rotated secret needs no restart.</summary>
    public Func<string?> ClientSecret { get; init; } = () => null;

    /// <summary>What people call the provider, on the button: «Sign in with …».</summary>
    public string Title { get; init; } = "the identity provider";

    /// <summary>Scopes to ask for. Default <c>openid profile</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "profile"];

    /// <summary>The claim that names the person on screens. Default <c>preferred_username</c>.</summary>
    public string NameClaim { get; init; } = "preferred_username";

    /// <summary>The claim that roles follow from; a path with dots reaches into an object. Default <c>roles</c>.</summary>
    public string RolesClaim { get; init; } = "roles";

    /// <summary>Which roles follow from which value of that claim.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Role>> Roles { get; init; } =
        new Dictionary<string, IReadOnlyList<Role>>(StringComparer.Ordinal);

    /// <summary>Whether claims are read from the user info endpoint, too. Default no.</summary>
    public bool UserInfo { get; init; }

    /// <summary>Whether signing out here signs out at the provider, too. Default yes.</summary>
    public bool SignOut { get; init; } = true;

    /// <summary>How far the provider's clock may differ. Default 2 minutes.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the provider may take to answer. Default 10 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
