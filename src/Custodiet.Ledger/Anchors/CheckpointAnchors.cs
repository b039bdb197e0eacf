using Custodiet.Ledger.Checkpoints;

namespace Custodiet.Ledger.Anchors;

/// <summary>A checkpoint read back from outside, or why that failed.</summary>
/// <param name="Configuration">The place.</param>
/// <param name="Checkpoint">The newest checkpoint of this log there, or null.</param>
/// <param name="Problem">Why nothing could be read, or null.</param>
public sealed record AnchorReading(AnchorConfiguration Configuration, Checkpoint? Checkpoint, string? Problem);

/// <summary>
/// Copies of checkpoints in places outside, so that not only insiders can vouch for the ledger. A failure is counted, kept
/// in the place's state and tried again; it never holds up the ledger. Safe for several threads.
/// </summary>
public sealed class CheckpointAnchors : IDisposable
{
    /// <summary>The least time between two copies to one place, and between a failure and the next attempt.</summary>
    public static readonly TimeSpan CopyInterval = TimeSpan.FromMinutes(1);

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly long?[] attempted;
    private volatile IReadOnlyList<AnchorState> states;

    /// <summary>Creates the copier.</summary>
    /// <param name="configurations">The places; none means that only insiders can vouch for the ledger.</param>
    /// <param name="http">For web hooks; the caller owns it.</param>
    /// <param name="time">The clock.</param>
    public CheckpointAnchors(IReadOnlyList<AnchorConfiguration> configurations, HttpClient http, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(configurations);
        this.http = http;
        this.time = time;
        attempted = new long?[configurations.Count];
        states = [.. configurations.Select(place => new AnchorState(place, 0, null, null, 0))];
    }

    /// <summary>How each place stands.</summary>
    public IReadOnlyList<AnchorState> States => states;

    /// <summary>Copies a checkpoint to every place that does not have it and is due. Never throws for a failing place.</summary>
    /// <param name="checkpoint">The newest checkpoint.</param>
    /// <param name="now">Whether to copy even if the last attempt was less than <see cref="CopyInterval"/> ago, for example at a stop.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask CopyAsync(Checkpoint checkpoint, bool now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        await turn.WaitAsync(cancellation);
        try
        {
            for (int i = 0; i < states.Count; i++)
            {
                bool due = attempted[i] is not { } last || time.GetElapsedTime(last) >= CopyInterval;
                if (checkpoint.Size > states[i].CopiedSize && (due || now))
                {
                    attempted[i] = time.GetTimestamp();
                    AnchorState next = await TryCopyAsync(states[i], checkpoint, cancellation);
                    states = [.. states.Select((state, place) => place == i ? next : state)];
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Reads the newest checkpoint back from every place that can be read.</summary>
    public async ValueTask<IReadOnlyList<AnchorReading>> ReadAsync(
        NoteVerifier verifier,
        CancellationToken cancellation
    )
    {
        List<AnchorReading> readings = [];
        foreach (AnchorState state in states)
        {
            AnchorConfiguration place = state.Configuration;
            try
            {
                Checkpoint? found = await CheckpointAnchor.ReadAsync(place, verifier, time, cancellation);
                readings.Add(
                    new AnchorReading(place, found, found is null ? "It holds no checkpoint of this log." : null)
                );
            }
            catch (Exception error) when (IsOfThePlace(error, cancellation))
            {
                readings.Add(new AnchorReading(place, null, error.Message));
            }
        }
        return readings;
    }

    /// <summary>Ends the copying.</summary>
    public void Dispose() => turn.Dispose();

    private async Task<AnchorState> TryCopyAsync(
        AnchorState state,
        Checkpoint checkpoint,
        CancellationToken cancellation
    )
    {
        try
        {
            await CheckpointAnchor.CopyAsync(state.Configuration, checkpoint, http, time, cancellation);
            return state with { CopiedSize = checkpoint.Size, CopiedAt = time.GetUtcNow(), LastError = null };
        }
        catch (Exception error) when (IsOfThePlace(error, cancellation))
        {
            return state with { LastError = error.Message, Failures = state.Failures + 1 };
        }
    }

    private static bool IsOfThePlace(Exception error, CancellationToken cancellation) =>
        error
            is IOException
                or UnauthorizedAccessException
                or HttpRequestException
                or UriFormatException
                or System.ComponentModel.Win32Exception
        || (error is OperationCanceledException && !cancellation.IsCancellationRequested);
}
