using System.CommandLine;
using Custodiet.People;
using Custodiet.Records.People;

namespace Custodiet.Cli;

/// <summary><c>custodiet token</c>: tokens for programs, with or without a running server.</summary>
internal static class TokenCommand
{
    public static Command Create() =>
        new("token", "Tokens for programs.")
        {
            Add(),
            SessionCommand.List<TokenLine>(
                "tokens",
                (session, cancellation) => session.TokensAsync(cancellation),
                ("id", t => t.Id),
                ("name", t => t.Name),
                ("role", t => t.Role),
                ("scopes", t => string.Join(' ', t.Scopes)),
                ("created", t => t.CreatedAt.ToString("u")),
                ("expires", t => t.ExpiresAt?.ToString("u") ?? ""),
                ("revoked", t => t.RevokedAt?.ToString("u") ?? "")
            ),
            Revoke(),
        };

    private static Command Add()
    {
        Option<Role> role = new("--role") { Description = "What the token may do.", Required = true };
        Option<string> name = new("--name") { Description = "What it is for.", Required = true };
        Option<string[]> scopes = new("--scope")
        {
            Description = $"Narrower than the role: {string.Join(", ", Scopes.All)}; may be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int?> days = new("--days") { Description = "Days until it expires. Default: never." };
        return new Command("add", "Issue a token; its text is printed once.") { role, name, scopes, days }.Does(
            async (session, parse, cancellation) =>
            {
                string purpose = parse.GetRequiredValue(name);
                Role given = parse.GetRequiredValue(role);
                DateTimeOffset? expires = parse.GetValue(days) is { } count
                    ? TimeProvider.System.GetUtcNow().AddDays(count)
                    : null;
                string token = await session.AddTokenAsync(
                    purpose,
                    given,
                    parse.GetValue(scopes) ?? [],
                    expires,
                    cancellation
                );
                SessionCommand.Tell(
                    parse,
                    new
                    {
                        name = purpose,
                        role = given,
                        token,
                    },
                    token,
                    "This is the only time it is shown; Custodiet keeps its SHA-256."
                );
            }
        );
    }

    private static Command Revoke()
    {
        Argument<string> id = new("ID") { Description = "The token's id, as listed." };
        return new Command("revoke", "Refuse a token from now on.") { id }.Does(
            async (session, parse, cancellation) =>
            {
                string token = parse.GetRequiredValue(id);
                await session.RevokeTokenAsync(token, cancellation);
                SessionCommand.Tell(parse, new { id = token }, secret: null, remark: null);
            }
        );
    }
}
