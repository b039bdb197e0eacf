using System.Security.Claims;
using Custodiet.People;
using Custodiet.Records.People;

namespace Custodiet.Web;

/// <summary>Who looks at a page, from when and where: one per request.</summary>
internal sealed class Visit(IHttpContextAccessor accessor, TimeProvider time)
{
    private ClaimsPrincipal User => accessor.HttpContext?.User ?? new ClaimsPrincipal();

    /// <summary>When the page was asked for; the whole page agrees on one moment.</summary>
    public DateTimeOffset Now { get; } = time.GetUtcNow();

    /// <summary>Whether somebody is signed in.</summary>
    public bool SignedIn => User.Identity?.IsAuthenticated == true;

    /// <summary>The reader's pseudonym.</summary>
    public ActorId Actor => User.Actor();

    /// <summary>The reader.</summary>
    public Viewer Viewer => User.ToViewer();

    /// <summary>The reader's name, for screens only.</summary>
    public string Name => User.FindFirst(PeopleClaims.Name)?.Value ?? "";

    /// <summary>The reader's time zone.</summary>
    public TimeZoneInfo Zone => User.TimeZoneOf();

    /// <summary>Whether the reader's roles satisfy a policy: decides what a page offers; the endpoint decides what happens.</summary>
    public bool May(string policy) =>
        SignedIn && Policies.All.Any(p => p.Name == policy && p.Allows(User.Roles(), User.TokenScopes()));
}
