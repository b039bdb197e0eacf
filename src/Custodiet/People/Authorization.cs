using Microsoft.AspNetCore.Authorization;

namespace Custodiet.People;

/// <summary>What a policy asks of a request.</summary>
internal sealed record PolicyRequirement(Policy Policy) : IAuthorizationRequirement;

/// <summary>Decides whether a request satisfies a policy.</summary>
internal sealed class PolicyHandler : AuthorizationHandler<PolicyRequirement>
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PolicyRequirement requirement)
    {
        Policy policy = requirement.Policy;
        bool inSession =
            context.User.Identity is { IsAuthenticated: true, AuthenticationType: { } type } && type == Schemes.Session;
        // One's own account is one's own also while every role is withheld: that is where the passkey is added.
        bool asSomebody =
            context.User.Identity is { IsAuthenticated: true }
            && (inSession || !policy.PeopleOnly)
            && (
                policy.Allows(context.User.Roles(), context.User.TokenScopes())
                || (policy.Name == Policies.Self && inSession)
            );
        if (asSomebody || (policy.LoopbackToo && context.Resource is HttpContext http && Schemes.IsLoopbackPeer(http)))
        {
            context.Succeed(requirement);
        }
        return Task.CompletedTask;
    }
}
