using System.Security.Claims;
using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>What a signed-in principal says about itself.</summary>
internal static class PeopleClaims
{
    /// <summary>The pseudonym, as in records.</summary>
    public const string Subject = "sub";

    /// <summary>The sign-in name or the token's name, for screens only.</summary>
    public const string Name = "name";

    /// <summary>A role's lower-case name; one claim per role.</summary>
    public const string RoleName = "role";

    /// <summary>IANA time zone.</summary>
    public const string TimeZone = "tz";

    /// <summary>The account's security stamp; Identity's own name for it.</summary>
    public const string Stamp = "stamp";

    /// <summary>The session's name.</summary>
    public const string Session = "sid";

    /// <summary>The session's key; in the cookie alone.</summary>
    public const string SessionKey = "key";

    /// <summary>What was shown to begin the session: a lower-case <see cref="SignInMethod"/>.</summary>
    public const string Method = "how";

    /// <summary>A role that the account has and this session does not, since it began with a password; one claim per role.</summary>
    public const string Withheld = "withheld";

    /// <summary>Whether sign-in asks for a code: <c>yes</c> or <c>no</c>.</summary>
    public const string TwoFactor = "two-factor";

    /// <summary>A scope that narrows a token.</summary>
    public const string Scope = "scope";

    /// <summary>A principal for a person, a token or the console.</summary>
    public static ClaimsPrincipal Principal(
        string scheme,
        ActorId actor,
        string name,
        IEnumerable<Role> roles,
        params IEnumerable<Claim> more
    )
    {
        var identity = new ClaimsIdentity(scheme, Name, RoleName);
        identity.AddClaim(new Claim(Subject, actor.Value));
        identity.AddClaim(new Claim(Name, name));
        identity.AddClaims(roles.Distinct().Select(role => new Claim(RoleName, role.Word())));
        identity.AddClaims(more);
        return new ClaimsPrincipal(identity);
    }

    /// <summary>The role as claims, command lines and pages write it: lower case.</summary>
    public static string Word(this Role role) =>
        role switch
        {
            Role.Analyst => "analyst",
            Role.Engineer => "engineer",
            Role.Lead => "lead",
            Role.Auditor => "auditor",
            Role.Admin => "admin",
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role."),
        };

    /// <summary>The role behind its word, ignoring case; null when there is none of that name.</summary>
    public static Role? ParseRole(string? word)
    {
        foreach (Role role in Enum.GetValues<Role>())
        {
            if (string.Equals(role.Word(), word?.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return role;
            }
        }
        return null;
    }

    /// <summary>The pseudonym that records get.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in: the route lacks a policy.</exception>
    public static ActorId Actor(this ClaimsPrincipal principal) =>
        principal.FindFirst(Subject) is { Value.Length: > 0 } subject
            ? new ActorId(subject.Value)
            : throw new InvalidOperationException("Nobody is signed in on a route that needs somebody.");

    /// <summary>The roles.</summary>
    public static IReadOnlySet<Role> Roles(this ClaimsPrincipal principal) =>
        principal.FindAll(RoleName).Select(claim => ParseRole(claim.Value)).OfType<Role>().ToHashSet();

    /// <summary>The scopes; empty when the principal is not narrowed.</summary>
    public static IReadOnlySet<string> TokenScopes(this ClaimsPrincipal principal) =>
        principal.FindAll(Scope).Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal);

    /// <summary>Who reads, for everything that may be restricted.</summary>
    public static Viewer ToViewer(this ClaimsPrincipal principal) => new(principal.Actor(), principal.Roles());

    /// <summary>The session, or null for tokens, the console and strangers.</summary>
    public static SessionId? SessionId(this ClaimsPrincipal principal) =>
        principal.FindFirst(Session) is { Value.Length: > 0 } session ? new SessionId(session.Value) : null;

    /// <summary>What was shown to begin the session, or null without one.</summary>
    public static SignInMethod? HowSignedIn(this ClaimsPrincipal principal) =>
        Enum.TryParse(principal.FindFirst(Method)?.Value, ignoreCase: true, out SignInMethod method) ? method : null;

    /// <summary>Roles that hold only after a passkey or the provider, and this session began with neither.</summary>
    public static IReadOnlySet<Role> WithheldRoles(this ClaimsPrincipal principal) =>
        principal.FindAll(Withheld).Select(claim => ParseRole(claim.Value)).OfType<Role>().ToHashSet();

    /// <summary>Whether a break-glass account is at work.</summary>
    public static bool IsBreakGlass(this ClaimsPrincipal principal) =>
        principal.HowSignedIn() == SignInMethod.BreakGlass;

    /// <summary>Whether pages remind this person to set up an authenticator.</summary>
    public static bool LacksAuthenticator(this ClaimsPrincipal principal) => principal.HasClaim(TwoFactor, "no");

    /// <summary>The reader's time zone; UTC when the principal or this machine knows none.</summary>
    public static TimeZoneInfo TimeZoneOf(this ClaimsPrincipal principal) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(principal.FindFirst(TimeZone)?.Value ?? "UTC", out TimeZoneInfo? zone)
            ? zone
            : TimeZoneInfo.Utc;
}
