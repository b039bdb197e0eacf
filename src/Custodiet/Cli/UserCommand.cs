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
            SessionCommand.List<AccountLine>(
                "accounts",
                (session, cancellation) => session.AccountsAsync(cancellation),
                ("name", a => a.Name),
                ("roles", a => string.Join(' ', a.Roles)),
                ("pseudonym", a => a.Id),
                ("two-factor", a => a.TwoFactor ? "yes" : "no"),
                ("state", a => a.Disabled ? "disabled" : "enabled")
            ),
            Change("disable", "End the account's sessions and refuse its sign-in."),
            Change("enable", "Allow sign-in again."),
            Change("recover", "Print a one-time code with which the owner sets a new password and authenticator."),
            Change("roles", "Replace the account's roles.", roles),
        };

    private static Command Add()
    {
        Option<bool> passwordStandardInput = new("--password-stdin")
        {
            Description = "Read the password from standard input.",
        };
        return new Command("add", "Add an account; prints a one-time code for setting the password.")
        {
            name,
            roles,
            passwordStandardInput,
        }.Does(
            async (session, parse, cancellation) =>
            {
                string? password = parse.GetValue(passwordStandardInput)
                    ? await Console.In.ReadLineAsync(cancellation)
                    : null;
                string user = parse.GetRequiredValue(name);
                Role[] given = parse.GetRequiredValue(roles);
                string code = await session.AddAccountAsync(user, given, password, cancellation);
                bool hasCode = code.Length > 0;
                SessionCommand.Tell(
                    parse,
                    new
                    {
                        name = user,
                        roles = given,
                        code,
                    },
                    hasCode ? code : null,
                    hasCode
                        ? $"Added {user}. Its owner opens /recover and uses this code once, within an hour:"
                        : $"Added {user} with the given password."
                );
            }
        );
    }

    private static Command Change(string change, string description, Option<Role[]>? newRoles = null)
    {
        Command command = new(change, description) { name };
        if (newRoles is not null)
        {
            command.Add(newRoles);
        }
        return command.Does(
            async (session, parse, cancellation) =>
            {
                string user = parse.GetRequiredValue(name);
                Role[] given = newRoles is null ? [] : parse.GetRequiredValue(newRoles);
                string? code = await session.ChangeAccountAsync(user, change, given, cancellation);
                SessionCommand.Tell(
                    parse,
                    new
                    {
                        name = user,
                        change,
                        code,
                    },
                    code,
                    code is null ? null : $"{user}'s owner opens /recover and uses this code once, within an hour:"
                );
            }
        );
    }
}
