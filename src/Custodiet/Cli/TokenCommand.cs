using System.CommandLine;
using Custodiet.Records.People;

namespace Custodiet.Cli;

/// <summary><c>custodiet token</c>: tokens for programs, with or without a running server.</summary>
internal static class TokenCommand
{
    public static Command Create() => new("token", "Tokens for programs.") { Add(), List(), Revoke() };

    private static Command Add()
    {
        Option<Role> role = new("--role") { Description = "What the token may do.", Required = true };
        Option<string> name = new("--name") { Description = "What it is for.", Required = true };
        Option<string[]> scopes = new("--scope")
        {
            Description =
                "Narrower than the role: events:write, findings:write, query:read, ledger:read; may be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int?> days = new("--days") { Description = "Days until it expires. Default: never." };
        Command command = new("add", "Issue a token; its text is printed once.") { role, name, scopes, days };
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                DateTimeOffset? expires = parse.GetValue(days) is { } count
                    ? TimeProvider.System.GetUtcNow().AddDays(count)
                    : null;
                string token = await session.AddTokenAsync(
                    parse.GetRequiredValue(name),
                    parse.GetRequiredValue(role),
                    parse.GetValue(scopes) ?? [],
                    expires,
                    cancellation
                );
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(
                        new
                        {
                            name = parse.GetRequiredValue(name),
                            role = parse.GetRequiredValue(role),
                            token,
                        }
                    );
                }
                else
                {
                    Console.Out.WriteLine(token);
                    Output.Remark("This is the only time it is shown; Custodiet keeps its SHA-256.");
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command List()
    {
        Command command = new("list", "All tokens.");
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                IReadOnlyList<TokenLine> tokens = await session.TokensAsync(cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new { tokens });
                    return ExitCode.Done;
                }
                Output.WriteTable(
                    ["id", "name", "role", "scopes", "created", "expires", "revoked"],
                    tokens.Select(t =>
                        (IReadOnlyList<string>)
                            [
                                t.Id,
                                t.Name,
                                t.Role,
                                string.Join(' ', t.Scopes),
                                t.CreatedAt.ToString("u"),
                                t.ExpiresAt?.ToString("u") ?? "",
                                t.RevokedAt?.ToString("u") ?? "",
                            ]
                    )
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command Revoke()
    {
        Argument<string> id = new("ID") { Description = "The token's id, as listed." };
        Command command = new("revoke", "Refuse a token from now on.") { id };
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                await session.RevokeTokenAsync(parse.GetRequiredValue(id), cancellation);
                return ExitCode.Done;
            }
        );
        return command;
    }
}
