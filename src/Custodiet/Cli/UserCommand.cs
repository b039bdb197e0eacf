using System.CommandLine;
using Custodiet.Records.People;

namespace Custodiet.Cli;

/// <summary><c>custodiet user</c>: accounts, with or without a running server.</summary>
internal static class UserCommand
{
    private static readonly Argument<string> name = new("NAME") { Description = "Sign-in name." };
    private static readonly Option<Role[]> roles = new("--role")
    {
        Description = "analyst, engineer, lead, auditor or admin; may be repeated.",
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };

    public static Command Create() =>
        new("user", "Accounts of people.")
        {
            Add(),
            List(),
            Change("disable", "End the account's sessions and refuse its sign-in."),
            Change("enable", "Allow sign-in again."),
            Change("recover", "Print a one-time code with which the owner sets a new password and authenticator."),
            Roles(),
        };

    private static Command Add()
    {
        Option<bool> passwordStandardInput = new("--password-stdin")
        {
            Description = "Read the password from standard input.",
        };
        Command command = new("add", "Add an account; prints a one-time code for setting the password.")
        {
            name,
            roles,
            passwordStandardInput,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                string? password = parse.GetValue(passwordStandardInput)
                    ? (await Console.In.ReadLineAsync(cancellation))
                    : null;
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                string user = parse.GetRequiredValue(name);
                string code = await session.AddAccountAsync(
                    user,
                    parse.GetRequiredValue(roles),
                    password,
                    cancellation
                );
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(
                        new
                        {
                            name = user,
                            roles = parse.GetRequiredValue(roles),
                            code,
                        }
                    );
                }
                else
                {
                    Output.Remark(
                        code.Length == 0
                            ? $"Added {user} with the given password."
                            : $"Added {user}. Its owner opens /recover and uses this code once, within an hour:"
                    );
                    if (code.Length > 0)
                    {
                        Console.Out.WriteLine(code);
                    }
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command List()
    {
        Command command = new("list", "All accounts.");
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                IReadOnlyList<AccountLine> accounts = await session.AccountsAsync(cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new { accounts });
                    return ExitCode.Done;
                }
                Output.WriteTable(
                    ["name", "roles", "pseudonym", "two-factor", "state"],
                    accounts.Select(a =>
                        (IReadOnlyList<string>)
                            [
                                a.Name,
                                string.Join(' ', a.Roles),
                                a.Id,
                                a.TwoFactor ? "yes" : "no",
                                a.Disabled ? "disabled" : "enabled",
                            ]
                    )
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command Roles()
    {
        Command command = new("roles", "Replace the account's roles.") { name, roles };
        command.SetAction(
            (parse, cancellation) => ChangeAsync(parse, "roles", parse.GetRequiredValue(roles), cancellation)
        );
        return command;
    }

    private static Command Change(string change, string description)
    {
        Command command = new(change, description) { name };
        command.SetAction((parse, cancellation) => ChangeAsync(parse, change, [], cancellation));
        return command;
    }

    private static async Task<int> ChangeAsync(
        ParseResult parse,
        string change,
        IReadOnlyList<Role> newRoles,
        CancellationToken cancellation
    )
    {
        await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
        string user = parse.GetRequiredValue(name);
        string? code = await session.ChangeAccountAsync(user, change, newRoles, cancellation);
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(
                new
                {
                    name = user,
                    change,
                    code,
                }
            );
        }
        else if (code is not null)
        {
            Output.Remark($"{user}'s owner opens /recover and uses this code once, within an hour:");
            Console.Out.WriteLine(code);
        }
        return ExitCode.Done;
    }
}
