using System.CommandLine;
using Custodiet.Api;
using Custodiet.Records.People;

namespace Custodiet.Cli;

/// <summary><c>custodiet user</c>: accounts, with or without a running server.</summary>
internal static class UserCommand
{
    private static readonly Argument<string> name = new("NAME") { Description = "Sign-in name." };

    public static Command Create() =>
        new("user", "Accounts of people, and break-glass accounts.")
        {
            Add(),
            SessionCommand.List<AccountLine>(
                "accounts",
                (session, cancellation) => session.AccountsAsync(cancellation),
                ("name", a => a.Name),
                ("roles", a => string.Join(' ', a.Roles)),
                ("pseudonym", a => a.Id),
                ("two-factor", a => a.TwoFactor ? "yes" : "no"),
                ("state", a => a.Disabled ? "disabled" : "enabled"),
                (
                    "kind",
                    a =>
                        a.Kind switch
                        {
                            AccountKind.BreakGlass => "break-glass",
                            AccountKind.Service => "service",
                            _ => "person",
                        }
                ),
                ("passkeys", a => $"{a.Passkeys}"),
                ("provider", a => a.Provider ? "yes" : "no")
            ),
            Change("disable", "End the account's sessions and refuse its sign-in and its tokens."),
            Change("enable", "Allow sign-in again."),
            Change("recover", "Print a one-time code with which the owner sets a new password and authenticator."),
            Change("roles", "Replace the account's roles.", RequiredRoles()),
            Change("sign-out", "End all of the account's sessions."),
            Change("seal", "Print a new code of a break-glass account, to be sealed; the old one ends."),
        };

    private static Command Add()
    {
        Option<bool> passwordStandardInput = new("--password-stdin")
        {
            Description = "Read the password from standard input.",
        };
        Option<bool> isBreakGlass = new("--break-glass")
        {
            Description =
                "Sealed credentials for the day when nothing else works: prints their code once. Default roles: analyst engineer lead admin.",
        };
        Option<Role[]> given = Roles();
        Command command = new("add", "Add an account; prints a one-time code for setting the password.")
        {
            name,
            given,
            passwordStandardInput,
            isBreakGlass,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(isBreakGlass) && result.GetValue(given) is not { Length: > 0 })
            {
                result.AddError("Option '--role' is required.");
            }
            if (result.GetValue(isBreakGlass) && result.GetValue(passwordStandardInput))
            {
                result.AddError("A break-glass account has a code that is made, and no password.");
            }
        });
        return command.Does(
            async (session, parse, cancellation) =>
            {
                string? password = parse.GetValue(passwordStandardInput)
                    ? await Console.In.ReadLineAsync(cancellation)
                    : null;
                string user = parse.GetRequiredValue(name);
                AccountRequest request = new(
                    user,
                    parse.GetValue(given) ?? [],
                    password,
                    parse.GetValue(isBreakGlass) ? AccountKind.BreakGlass : AccountKind.Person
                );
                string code = await session.AddAccountAsync(request, cancellation);
                bool hasCode = code.Length > 0;
                SessionCommand.Tell(
                    parse,
                    new
                    {
                        name = user,
                        roles = request.Roles,
                        code,
                    },
                    hasCode ? code : null,
                    request.Kind == AccountKind.BreakGlass ? Sealed(user)
                        : hasCode ? $"Added {user}. Its owner opens /recover and uses this code once, within an hour:"
                        : $"Added {user} with the given password."
                );
            }
        );
    }

    private static string Sealed(string user) =>
        $"{user} is a break-glass account. Write down its name and this code, seal them, and keep them where two people are needed to open them. It is not shown again:";

    private static Option<Role[]> RequiredRoles()
    {
        Option<Role[]> roles = Roles();
        roles.Required = true;
        return roles;
    }

    private static Option<Role[]> Roles() =>
        new("--role")
        {
            Description = "analyst, engineer, lead, auditor or admin; may be repeated.",
            AllowMultipleArgumentsPerToken = true,
        };

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
                string? code = await session.ChangeAccountAsync(new AccountRequest(user, given), change, cancellation);
                SessionCommand.Tell(
                    parse,
                    new
                    {
                        name = user,
                        change,
                        code,
                    },
                    code,
                    code is null ? null
                        : change == "seal" ? Sealed(user)
                        : $"{user}'s owner opens /recover and uses this code once, within an hour:"
                );
            }
        );
    }
}
