using System.CommandLine;
using Custodiet.Api;
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
                ("revoked", t => t.RevokedAt?.ToString("u") ?? ""),
                ("owner", t => t.Owner ?? ""),
                ("last-used", t => t.LastUsedAt?.ToString("u") ?? "")
            ),
            Revoke(),
            Rotate(),
            Assign(),
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
        Option<string?> owner = new("--for")
        {
            Description =
                "The person or service account that it belongs to. Default: whoever makes it; at the console, nobody.",
        };
        return new Command("add", "Issue a token; its text is printed once.") { role, name, scopes, days, owner }.Does(
            async (session, parse, cancellation) =>
            {
                string purpose = parse.GetRequiredValue(name);
                Role given = parse.GetRequiredValue(role);
                DateTimeOffset? expires = parse.GetValue(days) is { } count
                    ? TimeProvider.System.GetUtcNow().AddDays(count)
                    : null;
                string token = await session.AddTokenAsync(
                    new TokenRequest(purpose, given, parse.GetValue(scopes) ?? [], expires, parse.GetValue(owner)),
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

    private static Command Rotate()
    {
        Argument<string> id = new("ID") { Description = "The token's id, as listed." };
        Option<double?> overlap = new("--overlap-days")
        {
            Description = "Days that the old one holds beside the new one. Default: 7; range 0 to 90.",
        };
        return new Command("rotate", "Issue a token that takes another's place; its text is printed once.")
        {
            id,
            overlap,
        }.Does(
            async (session, parse, cancellation) =>
            {
                string old = parse.GetRequiredValue(id);
                string? token = await session.ChangeTokenAsync(
                    old,
                    "rotate",
                    new TokenChangeRequest(OverlapDays: parse.GetValue(overlap)),
                    cancellation
                );
                SessionCommand.Tell(
                    parse,
                    new { replaces = old, token },
                    token,
                    "This is the only time it is shown; the old one ends after the overlap."
                );
            }
        );
    }

    private static Command Assign()
    {
        Argument<string> id = new("ID") { Description = "The token's id, as listed." };
        Option<string> owner = new("--for")
        {
            Description = "The person or service account that it belongs to from now on.",
            Required = true,
        };
        return new Command("assign", "Give a token to a person or service account.") { id, owner }.Does(
            async (session, parse, cancellation) =>
            {
                string token = parse.GetRequiredValue(id);
                string whose = parse.GetRequiredValue(owner);
                await session.ChangeTokenAsync(token, "assign", new TokenChangeRequest(Owner: whose), cancellation);
                SessionCommand.Tell(parse, new { id = token, owner = whose }, secret: null, remark: null);
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
