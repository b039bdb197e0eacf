using System.CommandLine;
using Custodiet.Api;
using Custodiet.Records.People;

namespace Custodiet.Cli;

/// <summary><c>custodiet service</c>: accounts of programs, with or without a running server.</summary>
internal static class ServiceCommand
{
    private static readonly Argument<string> name = new("NAME") { Description = "Name of the service account." };

    public static Command Create() =>
        new("service", "Accounts of programs; their tokens are made with «custodiet token add --for NAME».")
        {
            Add(),
            SessionCommand.List<AccountLine>(
                "accounts",
                async (session, cancellation) =>
                    [.. (await session.AccountsAsync(cancellation)).Where(a => a.Kind == AccountKind.Service)],
                ("name", a => a.Name),
                ("roles", a => string.Join(' ', a.Roles)),
                ("pseudonym", a => a.Id),
                ("owner", a => a.Owner ?? ""),
                ("expires", a => a.ExpiresAt?.ToString("u") ?? ""),
                ("state", a => a.Disabled ? "disabled" : "enabled")
            ),
            Owner(),
            Expires(),
        };

    private static Command Add()
    {
        Option<Role[]> roles = new("--role")
        {
            Description = "What its tokens may do: analyst, engineer, lead, auditor or admin; may be repeated.",
            AllowMultipleArgumentsPerToken = true,
            Required = true,
        };
        Option<string> owner = OwnerOption();
        Option<int?> days = Days();
        return new Command("add", "Add a service account.") { name, roles, owner, days }.Does(
            async (session, parse, cancellation) =>
            {
                AccountRequest request = new(
                    parse.GetRequiredValue(name),
                    parse.GetRequiredValue(roles),
                    Kind: AccountKind.Service,
                    Owner: parse.GetRequiredValue(owner),
                    ExpiresAt: End(parse.GetValue(days))
                );
                await session.AddAccountAsync(request, cancellation);
                SessionCommand.Tell(
                    parse,
                    new { name = request.Name, roles = request.Roles },
                    secret: null,
                    $"Added {request.Name}. Its token: custodiet token add --for {request.Name} --role … --name …"
                );
            }
        );
    }

    private static Command Owner()
    {
        Option<string> owner = OwnerOption();
        return new Command("owner", "Give the account to another person.") { name, owner }.Does(
            (session, parse, cancellation) =>
                session.ChangeAccountAsync(
                    new AccountRequest(parse.GetRequiredValue(name), [], Owner: parse.GetRequiredValue(owner)),
                    "owner",
                    cancellation
                )
        );
    }

    private static Command Expires()
    {
        Option<int?> days = Days();
        return new Command("expires", "Set when the account ends.") { name, days }.Does(
            (session, parse, cancellation) =>
                session.ChangeAccountAsync(
                    new AccountRequest(parse.GetRequiredValue(name), [], ExpiresAt: End(parse.GetValue(days))),
                    "expires",
                    cancellation
                )
        );
    }

    private static Option<string> OwnerOption() =>
        new("--owner") { Description = "The person who answers for it.", Required = true };

    private static Option<int?> Days() => new("--days") { Description = "Days until it ends. Default: never." };

    private static DateTimeOffset? End(int? days) =>
        days is { } count ? TimeProvider.System.GetUtcNow().AddDays(count) : null;
}
