using System.Text.Json;
using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Telemetry;

namespace Custodiet.Backups;

/// <summary>Who holds the data folder still for a backup: the server that runs on it, or this process, when none runs.</summary>
internal interface ISnapshotSource : IAsyncDisposable
{
    /// <summary>The state held still.</summary>
    FolderSnapshot Snapshot { get; }

    /// <summary>Records the finished backup; answers why that was refused, or null.</summary>
    Task<string?> RecordAsync(BackupMade made, CancellationToken cancellation);
}

/// <summary>The running server, over its socket. It gives the state up when the connection ends, however that happens.</summary>
internal sealed class ServerSnapshot : ISnapshotSource
{
    private readonly HttpClient http;
    private readonly HttpResponseMessage held;

    private ServerSnapshot(HttpClient http, HttpResponseMessage held, FolderSnapshot snapshot)
    {
        this.http = http;
        this.held = held;
        Snapshot = snapshot;
    }

    public FolderSnapshot Snapshot { get; }

    public static async Task<ServerSnapshot> TakeAsync(string socket, CancellationToken cancellation)
    {
        // A large record store takes long to copy, and the answer comes after it.
        HttpClient http = RunningSession.ClientOf(socket, Timeout.InfiniteTimeSpan);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/backups/snapshot");
            HttpResponseMessage held = await http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellation
            );
            await RunningSession.CheckAsync(held, cancellation);
            using StreamReader reader = new(await held.Content.ReadAsStreamAsync(cancellation), leaveOpen: true);
            string line = await reader.ReadLineAsync(cancellation) ?? "";
            FolderSnapshot snapshot =
                JsonSerializer.Deserialize<FolderSnapshot>(line, Output.Json)
                ?? throw new CommandException(ExitCode.Unavailable, "The server's answer is empty.");
            return new ServerSnapshot(http, held, snapshot);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    public async Task<string?> RecordAsync(BackupMade made, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await http.PostAsJsonAsync(
                "/api/v1/backups",
                made,
                Output.Json,
                cancellation
            );
            await RunningSession.CheckAsync(response, cancellation);
            return null;
        }
        catch (Exception failure) when (failure is CommandException or HttpRequestException)
        {
            return failure.Message;
        }
    }

    public ValueTask DisposeAsync()
    {
        held.Dispose();
        http.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The folder itself, under its lock.</summary>
internal sealed class FolderHold : ISnapshotSource
{
    private readonly Flow flow;
    private readonly ILoggerFactory logs;

    private FolderHold(Flow flow, ILoggerFactory logs, FolderSnapshot snapshot)
    {
        this.flow = flow;
        this.logs = logs;
        Snapshot = snapshot;
    }

    public FolderSnapshot Snapshot { get; }

    public static async Task<FolderHold> TakeAsync(Settings settings, CancellationToken cancellation)
    {
        if (!Directory.Exists(settings.DataFolder))
        {
            throw new CommandException(ExitCode.Unavailable, $"There is no data folder {settings.DataFolder}.");
        }
        ILoggerFactory logs = Logging.Create(settings);
        Flow? flow = null;
        try
        {
            flow = await Flow.OpenAsync(settings, TimeProvider.System, logs, cancellation);
            FolderSnapshot snapshot = await FolderSnapshot.TakeAsync(
                flow,
                settings.Number("queue.free_bytes_min"),
                cancellation
            );
            return new FolderHold(flow, logs, snapshot);
        }
        catch (Exception failure)
        {
            if (flow is not null)
            {
                await flow.DisposeAsync();
            }
            logs.Dispose();
            if (failure is DataFolderException refused)
            {
                throw new CommandException(ExitCode.Unavailable, refused.Message);
            }
            throw;
        }
    }

    public Task<string?> RecordAsync(BackupMade made, CancellationToken cancellation) =>
        BackupApi.AppendAsync(made, flow.Records, ActorId.Console, flow.Time, cancellation);

    public async ValueTask DisposeAsync()
    {
        Snapshot.Delete();
        await flow.RestAsync();
        await flow.DisposeAsync();
        logs.Dispose();
    }
}
