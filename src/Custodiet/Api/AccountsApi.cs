using Custodiet.Cli;
using Custodiet.People;
using Custodiet.Records.People;

namespace Custodiet.Api;

/// <summary>Accounts and tokens for the command line and for automation.</summary>
internal static class AccountsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder accounts = routes.MapGroup("/api/v1/accounts").RequireAuthorization(Policies.Administer);
        accounts.MapGet(
            "/",
            async (Accounts all, CancellationToken cancellation) =>
                Results.Json(await ListAsync(all, cancellation), Output.Json)
        );
        accounts.MapPost("/", AddOneAsync);
        accounts.MapPost("/{name}/{change}", ChangeOneAsync);
        RouteGroupBuilder tokens = routes.MapGroup("/api/v1/tokens").RequireAuthorization(Policies.ManageTokens);
        tokens.MapGet(
            "/",
            async (ApiTokens all, Accounts accounts, TokenUses uses, CancellationToken cancellation) =>
                Results.Json(
                    await ListAsync(all, accounts, await uses.ReadAsync(cancellation), cancellation),
                    Output.Json
                )
        );
        tokens.MapPost("/", AddTokenAsync);
        tokens.MapPost("/{id}/{change}", ChangeTokenAsync);
        tokens.MapDelete("/{id}", RevokeAsync);
    }

    /// <summary>All accounts as commands list them.</summary>
    public static async Task<IReadOnlyList<AccountLine>> ListAsync(Accounts accounts, CancellationToken cancellation)
    {
        IReadOnlyList<Account> all = await accounts.ListAsync(cancellation);
        return
        [
            .. all.Select(a => new AccountLine(
                a.Id.Value,
                a.Name,
                [.. a.Roles.Select(r => r.Word())],
                a.Disabled,
                a.TwoFactorEnabled,
                a.Kind,
                a.Passkeys.Count,
                a.Identities.Count > 0,
                NameOf(all, a.Owner),
                a.ExpiresAt,
                a.SealedAt
            )),
        ];
    }

    /// <summary>All tokens as commands list them.</summary>
    public static async Task<IReadOnlyList<TokenLine>> ListAsync(
        ApiTokens tokens,
        Accounts accounts,
        IReadOnlyDictionary<ActorId, TokenUse> uses,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<Account> all = await accounts.ListAsync(cancellation);
        return
        [
            .. (await tokens.ListAsync(cancellation)).Select(t => new TokenLine(
                t.Id.Value,
                t.Name,
                t.Role.Word(),
                t.Scopes,
                t.CreatedAt,
                t.ExpiresAt,
                t.RevokedAt,
                NameOf(all, t.Owner),
                uses.GetValueOrDefault(t.Id)?.UsedAt
            )),
        ];
    }

    /// <summary>Adds an account of whichever kind.</summary>
    public static Task<AccountOutcome> AddAsync(
        AccountRequest request,
        Accounts accounts,
        BreakGlassAccounts breakGlass,
        ServiceAccounts services,
        ActorId actor,
        CancellationToken cancellation
    ) =>
        request.Kind switch
        {
            AccountKind.BreakGlass => breakGlass.AddAsync(request.Name, request.Roles, actor, cancellation),
            AccountKind.Service => services.AddAsync(
                request.Name,
                request.Roles,
                request.Owner,
                request.ExpiresAt,
                actor,
                cancellation
            ),
            _ => accounts.AddAsync(request.Name, request.Roles, request.Password, actor, cancellation),
        };

    /// <summary>Changes an account by the change's name.</summary>
    public static async Task<AccountOutcome> ChangeAsync(
        AccountRequest request,
        string change,
        Accounts accounts,
        BreakGlassAccounts breakGlass,
        ServiceAccounts services,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        Account? account = await accounts.FindAsync(request.Name, cancellation);
        if (account is null)
        {
            return new AccountOutcome.Invalid("name", $"There is no account «{request.Name}».");
        }
        return change switch
        {
            "disable" => await accounts.DisableAsync(account.Id, actor, cancellation),
            "enable" => await accounts.EnableAsync(account.Id, actor, cancellation),
            "recover" => await accounts.ResetPasswordAsync(account.Id, actor, cancellation),
            "roles" => await accounts.SetRolesAsync(account.Id, request.Roles, actor, cancellation),
            "sign-out" => await accounts.SignOutAsync(account.Id, actor, cancellation),
            "seal" => await breakGlass.SealAsync(account.Id, actor, cancellation),
            "owner" => await services.SetOwnerAsync(account.Id, request.Owner, actor, cancellation),
            "expires" => await services.SetEndAsync(account.Id, request.ExpiresAt, actor, cancellation),
            _ => new AccountOutcome.Invalid(
                "change",
                $"«{change}» is not disable, enable, recover, roles, sign-out, seal, owner or expires."
            ),
        };
    }

    /// <summary>Changes a token by the change's name.</summary>
    public static async Task<TokenOutcome> ChangeAsync(
        ApiTokens tokens,
        string id,
        string change,
        TokenChangeRequest request,
        ActorId actor,
        CancellationToken cancellation
    ) =>
        change switch
        {
            "rotate" => await tokens.RotateAsync(
                new ActorId(id),
                request.OverlapDays is { } days
                    ? TimeSpan.FromDays(Math.Clamp(days, -1, 1_000))
                    : ApiTokens.OverlapUsual,
                actor,
                cancellation
            ),
            "assign" => await tokens.AssignAsync(new ActorId(id), request.Owner ?? "", actor, cancellation),
            _ => new TokenOutcome.Invalid([new FieldProblem("change", $"«{change}» is not rotate or assign.")]),
        };

    private static string? NameOf(IReadOnlyList<Account> accounts, ActorId? id) =>
        id is null ? null : accounts.FirstOrDefault(account => account.Id == id)?.Name ?? id.Value.Value;

    private static async Task<IResult> AddOneAsync(
        AccountRequest request,
        Accounts accounts,
        BreakGlassAccounts breakGlass,
        ServiceAccounts services,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await AddAsync(request, accounts, breakGlass, services, http.User.Actor(), cancellation));

    private static async Task<IResult> ChangeOneAsync(
        string name,
        string change,
        AccountRequest request,
        Accounts accounts,
        BreakGlassAccounts breakGlass,
        ServiceAccounts services,
        HttpContext http,
        CancellationToken cancellation
    ) =>
        Answer(
            await ChangeAsync(
                request with
                {
                    Name = name,
                },
                change,
                accounts,
                breakGlass,
                services,
                http.User.Actor(),
                cancellation
            )
        );

    private static async Task<IResult> AddTokenAsync(
        TokenRequest request,
        ApiTokens tokens,
        HttpContext http,
        CancellationToken cancellation
    ) =>
        Answer(
            await tokens.AddAsync(
                new TokenWish(request.Role, request.Name, request.Scopes, request.ExpiresAt, request.Owner),
                http.User.Actor(),
                cancellation
            )
        );

    private static async Task<IResult> ChangeTokenAsync(
        string id,
        string change,
        TokenChangeRequest request,
        ApiTokens tokens,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await ChangeAsync(tokens, id, change, request, http.User.Actor(), cancellation));

    private static async Task<IResult> RevokeAsync(
        string id,
        ApiTokens tokens,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await tokens.RevokeAsync(new ActorId(id), http.User.Actor(), cancellation));

    private static IResult Answer(AccountOutcome outcome) =>
        outcome switch
        {
            AccountOutcome.Done done => Results.Json(new SecretAnswer(done.OneTimeCode ?? ""), Output.Json),
            AccountOutcome.Invalid invalid => Results.Problem(Sentence(invalid.Problems), statusCode: 422),
            AccountOutcome.Refused refused => Results.Problem(refused.Reason, statusCode: 503),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    private static IResult Answer(TokenOutcome outcome) =>
        outcome switch
        {
            TokenOutcome.Done done => Results.Json(new SecretAnswer(done.Text ?? ""), Output.Json),
            TokenOutcome.Invalid invalid => Results.Problem(Sentence(invalid.Problems), statusCode: 422),
            TokenOutcome.Refused refused => Results.Problem(refused.Reason, statusCode: 503),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    /// <summary>Problems of fields as one sentence.</summary>
    public static string Sentence(IEnumerable<FieldProblem> problems) =>
        string.Join(' ', problems.Select(p => p.Message));
}
