using System.Text.Json;
using Custodiet.Backups;
using Custodiet.Cli;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Api;

/// <summary>What <c>custodiet backup</c> asks of a running server. The command copies the files itself: the server may write nowhere but into its data folder.</summary>
internal static class BackupApi
{
    public static void Map(IEndpointRouteBuilder routes, long freeBytesMin)
    {
        RouteGroupBuilder backups = routes.MapGroup("/api/v1/backups").RequireAuthorization(Policies.Administer);
        backups
            .MapPost(
                "/snapshot",
                (HttpContext http, Flow flow, IHostApplicationLifetime life) =>
                    HoldAsync(http, flow, freeBytesMin, life.ApplicationStopping)
            )
            .WithSummary("Holds a state of the data folder still for as long as the connection is open.");
        backups.MapPost("/", RecordAsync).WithSummary("Records that a backup was made.");
    }

    private static async Task HoldAsync(HttpContext http, Flow flow, long freeBytesMin, CancellationToken stopping)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted,
            stopping
        );
        FolderSnapshot snapshot;
        try
        {
            snapshot = await FolderSnapshot.TakeAsync(flow, freeBytesMin, end.Token);
        }
        catch (Exception refused) when (refused is BackupException or IOException or UnauthorizedAccessException)
        {
            await Results.Problem(refused.Message, statusCode: 503).ExecuteAsync(http);
            return;
        }
        try
        {
            http.Response.ContentType = "application/json";
            await JsonSerializer.SerializeAsync(http.Response.Body, snapshot, Output.Json, end.Token);
            await http.Response.WriteAsync("\n", end.Token);
            await http.Response.Body.FlushAsync(end.Token);
            await Task.Delay(Timeout.Infinite, end.Token);
        }
        catch (OperationCanceledException)
        {
            // The command is done or gone, or the server stops: all end it.
        }
        finally
        {
            snapshot.Delete();
        }
    }

    private static async Task<IResult> RecordAsync(
        BackupMade made,
        IRecordStore records,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellation
    ) =>
        await AppendAsync(made, records, http.User.Actor(), time, cancellation) is { } refusal
            ? Results.Problem(refusal, statusCode: 503)
            : Results.NoContent();

    /// <summary>Records a backup; answers why that was refused, or null.</summary>
    public static async Task<string?> AppendAsync(
        BackupMade made,
        IRecordStore records,
        Records.People.ActorId actor,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        RecordDraft draft = new(made, FolderRecords.BackupStream, actor, time.GetUtcNow());
        AppendOutcome outcome = await records.AppendAsync(new AppendRequest { Drafts = [draft] }, cancellation);
        return outcome is AppendOutcome.Refused refused ? refused.Reason : null;
    }
}
