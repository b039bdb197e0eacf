using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.People;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Retention;
using Custodiet.Telemetry;

namespace Custodiet.Cli;

/// <summary>The data folder itself, under its lock, when no server runs on it: the same flow as the server's, without the web.</summary>
internal sealed class EmbeddedSession : ISession
{
    private static readonly Viewer console = new(ActorId.Console, Enum.GetValues<Role>().ToHashSet());
    private readonly Flow flow;
    private readonly SecretStore secrets;
    private readonly ILoggerFactory logs;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private readonly Accounts accounts;
    private readonly ApiTokens tokens;
    private readonly BreakGlassAccounts breakGlass;
    private readonly ServiceAccounts services;

    private EmbeddedSession(Flow flow, SecretStore secrets, ILoggerFactory logs)
    {
        this.flow = flow;
        this.secrets = secrets;
        this.logs = logs;
        accounts = new Accounts(flow.Records, flow.Time);
        tokens = new ApiTokens(flow.Records, flow.Time);
        breakGlass = new BreakGlassAccounts(accounts, flow.Time);
        services = new ServiceAccounts(accounts, flow.Time);
        running = flow.RunAsync(withRoutes: false, stop.Token);
    }

    public string Where => $"the data folder {flow.Folder.Root}";

    public static async Task<EmbeddedSession> OpenAsync(Settings settings, CancellationToken cancellation)
    {
        ILoggerFactory logs = Logging.Create(settings);
        try
        {
            Flow flow = await Flow.OpenAsync(settings, TimeProvider.System, logs, cancellation);
            try
            {
                await flow.LoadAsync(cancellation);
                foreach (string remark in flow.FolderRemarks)
                {
                    Output.Remark(remark);
                }
                return new EmbeddedSession(flow, settings.SecretStore, logs);
            }
            catch
            {
                await flow.DisposeAsync();
                throw;
            }
        }
        catch (DataFolderException refused)
        {
            throw new CommandException(ExitCode.Unavailable, refused.Message);
        }
    }

    public async Task<IngestAnswer> IngestAsync(Memory<byte> lines, string key, CancellationToken cancellation)
    {
        byte[] kept = lines.ToArray();
        while (true)
        {
            // The intake overwrites what it is given; a second attempt needs the lines as they were.
            kept.CopyTo(lines);
            switch (await flow.Intake.TakeAsync("file", lines, key, cancellation))
            {
                case IntakeOutcome.Taken taken:
                    return taken.Answer;
                case IntakeOutcome.Unreadable unreadable:
                    throw new CommandException(ExitCode.Refused, unreadable.Reason);
                case IntakeOutcome.Full full:
                    await WaitAsync(full.RetryAfter, cancellation);
                    break;
                case IntakeOutcome.Failed failed:
                    Output.Remark($"{failed.Reason} Trying again.");
                    await WaitAsync(TimeSpan.FromSeconds(5), cancellation);
                    break;
                default:
                    throw new InvalidOperationException("The outcome is not known here.");
            }
        }
    }

    public Task<StreamStatus> StatusAsync(CancellationToken cancellation)
    {
        if (running.IsFaulted)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"The stream stopped: {running.Exception.InnerException?.Message}"
            );
        }
        return flow.StatusAsync(cancellation);
    }

    public async Task<QueryOutcome> QueryAsync(string sql, QueryLimits limits, CancellationToken cancellation) =>
        await flow.Datasets.QueryAsync(sql, limits, console, cancellation);

    public async Task<QueryOutcome> ExportAsync(
        string sql,
        string file,
        QueryLimits limits,
        CancellationToken cancellation
    ) => await flow.Datasets.ExportParquetAsync(sql, file, limits, console, cancellation);

    public async Task<string> AddAccountAsync(AccountRequest request, CancellationToken cancellation) =>
        Code(await AccountsApi.AddAsync(request, accounts, breakGlass, services, ActorId.Console, cancellation)) ?? "";

    public Task<IReadOnlyList<AccountLine>> AccountsAsync(CancellationToken cancellation) =>
        AccountsApi.ListAsync(accounts, cancellation);

    public async Task<string?> ChangeAccountAsync(
        AccountRequest request,
        string change,
        CancellationToken cancellation
    ) =>
        Code(
            await AccountsApi.ChangeAsync(
                request,
                change,
                accounts,
                breakGlass,
                services,
                ActorId.Console,
                cancellation
            )
        );

    public async Task<string> AddTokenAsync(TokenRequest request, CancellationToken cancellation) =>
        Text(
            await tokens.AddAsync(
                new TokenWish(request.Role, request.Name, request.Scopes, request.ExpiresAt, request.Owner),
                ActorId.Console,
                cancellation
            )
        ) ?? "";

    public async Task<string?> ChangeTokenAsync(
        string id,
        string change,
        TokenChangeRequest request,
        CancellationToken cancellation
    ) => Text(await AccountsApi.ChangeAsync(tokens, id, change, request, ActorId.Console, cancellation));

    public Task<RetentionStatus> RetentionAsync(CancellationToken cancellation) =>
        Task.FromResult(flow.Retention.Status());

    public async Task<RetentionOutcome> RetainAsync(CancellationToken cancellation) =>
        await flow.Retention.ApplyAsync(cancellation)
        ?? throw new CommandException(ExitCode.Unavailable, flow.Retention.Status().Failure ?? "It failed.");

    public Task<IReadOnlyList<Hold>> HoldsAsync(CancellationToken cancellation) => flow.Holds.AllAsync(cancellation);

    public async Task<Hold> PlaceHoldAsync(HoldRequest request, CancellationToken cancellation) =>
        ValueOf(await flow.Holds.PlaceAsync(request, ActorId.Console, cancellation));

    public async Task<Hold> LiftHoldAsync(string hold, CancellationToken cancellation) =>
        ValueOf(await flow.Holds.LiftAsync(hold, ActorId.Console, cancellation));

    public async Task<ErasureAnswer> EraseAsync(ErasureRequest request, bool preview, CancellationToken cancellation) =>
        ValueOf(
            preview
                ? await flow.Erasure.PreviewAsync(request, cancellation)
                : await flow.Erasure.EraseAsync(request, ActorId.Console, CancellationToken.None)
        );

    public async Task<IReadOnlyList<TokenLine>> TokensAsync(CancellationToken cancellation) =>
        await AccountsApi.ListAsync(
            tokens,
            accounts,
            (await flow.Records.TokenUsesAsync(cancellation)).ToDictionary(use => use.Token),
            cancellation
        );

    public async Task RevokeTokenAsync(string id, CancellationToken cancellation) =>
        Text(await tokens.RevokeAsync(new ActorId(id), ActorId.Console, cancellation));

    public Task<IReadOnlyList<SecretLine>> SecretsAsync(CancellationToken cancellation) =>
        Task.FromResult(Telling(secrets.List));

    public Task SetSecretAsync(string name, ReadOnlyMemory<byte> value, CancellationToken cancellation) =>
        TellingAsync(() => SettingsApi.SetAsync(name, value, flow, secrets, cancellation));

    public Task RemoveSecretAsync(string name, CancellationToken cancellation) =>
        TellingAsync(() => SettingsApi.RemoveAsync(name, flow, secrets, cancellation));

    public async Task<string> ProveAsync(string record, CancellationToken cancellation)
    {
        await flow.Ledger.CatchUpAsync(cancellation);
        return await flow.Ledger.ProveAsync(record, cancellation)
            ?? throw new CommandException(
                ExitCode.Problems,
                $"There is no record «{record}»: give a record's id or its index."
            );
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // This is how it ends.
        }
        await flow.RestAsync();
        accounts.Dispose();
        await flow.DisposeAsync();
        stop.Dispose();
        logs.Dispose();
    }

    private static T Telling<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (SecretException refused)
        {
            throw new CommandException(ExitCode.Refused, refused.Message);
        }
    }

    private static async Task TellingAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (SecretException refused)
        {
            throw new CommandException(ExitCode.Refused, refused.Message);
        }
    }

    private Task WaitAsync(TimeSpan time, CancellationToken cancellation) => Task.Delay(time, flow.Time, cancellation);

    private static string? Code(AccountOutcome outcome) =>
        outcome switch
        {
            AccountOutcome.Done done => done.OneTimeCode,
            AccountOutcome.Invalid invalid => throw new CommandException(
                ExitCode.Refused,
                AccountsApi.Sentence(invalid.Problems)
            ),
            AccountOutcome.Refused refused => throw new CommandException(ExitCode.Refused, refused.Reason),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    private static T ValueOf<T>(Kept<T> outcome) =>
        outcome switch
        {
            Kept<T>.Done done => done.Value,
            Kept<T>.Invalid invalid => throw new CommandException(ExitCode.Refused, invalid.Problem),
            Kept<T>.Refused refused => throw new CommandException(ExitCode.Unavailable, refused.Reason),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    private static string? Text(TokenOutcome outcome) =>
        outcome switch
        {
            TokenOutcome.Done done => done.Text,
            TokenOutcome.Invalid invalid => throw new CommandException(
                ExitCode.Refused,
                AccountsApi.Sentence(invalid.Problems)
            ),
            TokenOutcome.Refused refused => throw new CommandException(ExitCode.Refused, refused.Reason),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };
}
