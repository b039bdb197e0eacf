using System.Text.Encodings.Web;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Recognises callers on the service's Unix socket: the file system has let them in, so they may do everything.</summary>
internal sealed class ConsoleHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            Schemes.IsConsolePeer(Context)
                ? AuthenticateResult.Success(
                    new AuthenticationTicket(
                        PeopleClaims.Principal(Schemes.Console, ActorId.Console, "console", Enum.GetValues<Role>()),
                        Scheme.Name
                    )
                )
                : AuthenticateResult.NoResult()
        );

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        Refusals.UnauthorizedAsync(Context);

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Refusals.ForbiddenAsync(Context);
}
