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
        accounts.MapPost("/", AddAsync);
        accounts.MapPost("/{name}/{change}", ChangeOneAsync);
        RouteGroupBuilder tokens = routes.MapGroup("/api/v1/tokens").RequireAuthorization(Policies.ManageTokens);
        tokens.MapGet(
            "/",
            async (ApiTokens all, CancellationToken cancellation) =>
                Results.Json(await ListAsync(all, cancellation), Output.Json)
        );
        tokens.MapPost("/", AddTokenAsync);
        tokens.MapDelete("/{id}", RevokeAsync);
    }

    /// <summary>All accounts as commands list them.</summary>
    public static async Task<IReadOnlyList<AccountLine>> ListAsync(Accounts accounts, CancellationToken cancellation) =>
        [
            .. (await accounts.ListAsync(cancellation)).Select(a => new AccountLine(
                a.Id.Value,
                a.Name,
                [.. a.Roles.Select(r => r.Word())],
                a.Disabled,
                a.TwoFactorEnabled
            )),
        ];

    /// <summary>All tokens as commands list them.</summary>
    public static async Task<IReadOnlyList<TokenLine>> ListAsync(ApiTokens tokens, CancellationToken cancellation) =>
        [
            .. (await tokens.ListAsync(cancellation)).Select(t => new TokenLine(
                t.Id.Value,
                t.Name,
                t.Role.Word(),
                t.Scopes,
                t.CreatedAt,
                t.ExpiresAt,
                t.RevokedAt
            )),
        ];

    /// <summary>Changes an account by the change's name.</summary>
    public static async Task<AccountOutcome> ChangeAsync(
        Accounts accounts,
        string name,
        string change,
        IReadOnlyList<Role> roles,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        Account? account = await accounts.FindAsync(name, cancellation);
        if (account is null)
        {
            return new AccountOutcome.Invalid("name", $"There is no account «{name}».");
        }
        return change switch
        {
            "disable" => await accounts.DisableAsync(account.Id, actor, cancellation),
            "enable" => await accounts.EnableAsync(account.Id, actor, cancellation),
            "recover" => await accounts.ResetPasswordAsync(account.Id, actor, cancellation),
            "roles" => await accounts.SetRolesAsync(account.Id, roles, actor, cancellation),
            _ => new AccountOutcome.Invalid("change", $"«{change}» is not disable, enable, recover or roles."),
        };
    }

    private static async Task<IResult> AddAsync(
        AccountRequest request,
        Accounts accounts,
        HttpContext http,
        CancellationToken cancellation
    ) =>
        Answer(await accounts.AddAsync(request.Name, request.Roles, request.Password, http.User.Actor(), cancellation));

    private static async Task<IResult> ChangeOneAsync(
        string name,
        string change,
        AccountRequest request,
        Accounts accounts,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await ChangeAsync(accounts, name, change, request.Roles, http.User.Actor(), cancellation));

    private static async Task<IResult> AddTokenAsync(
        TokenRequest request,
        ApiTokens tokens,
        HttpContext http,
        CancellationToken cancellation
    ) =>
        Answer(
            await tokens.AddAsync(
                request.Role,
                request.Name,
                request.Scopes,
                request.ExpiresAt,
                http.User.Actor(),
                cancellation
            )
        );

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
