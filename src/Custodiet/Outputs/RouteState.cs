using System.Text.Json;
using Custodiet.Embedded;

namespace Custodiet.Outputs;

/// <summary>What became of the items that a route has passed. Every one of them is in exactly one of these.</summary>
internal sealed record RouteTotals
{
    /// <summary>Items that the route's filter does not select.</summary>
    public long Filtered { get; init; }

    /// <summary>Items left out by a reduction: <c>REDUCTION, TECHNOLOGY</c>.</summary>
    public IReadOnlyDictionary<string, long> Reduced { get; init; } = new Dictionary<string, long>();

    /// <summary>Items about a restricted case.</summary>
    public long Withheld { get; init; }

    /// <summary>Items delivered.</summary>
    public long Sent { get; init; }

    /// <summary>Items that the destination refuses, kept in the route's folder.</summary>
    public long SetAside { get; init; }

    /// <summary>Items that were passed over because the destination was away for too long.</summary>
    public long Skipped { get; init; }

    /// <summary>Bytes of the items delivered, uncompressed.</summary>
    public long SentBytes { get; init; }

    /// <summary>Bytes of the events, as received, that a reduction left out or took from those that were sent.</summary>
    public long ReducedBytes { get; init; }

    /// <summary>Deliveries that had to be tried again.</summary>
    public long Retries { get; init; }

    /// <summary>All items passed.</summary>
    public long Passed => Filtered + Reduced.Values.Sum() + Withheld + Sent + SetAside + Skipped;
}

/// <summary>How far a file was written.</summary>
/// <param name="Length">Bytes that are delivered; what lies behind them a crash left.</param>
/// <param name="BegunMicros">When the file was begun, microseconds since 1970 UTC.</param>
internal sealed record FileMark(long Length, long BegunMicros);

/// <summary>Where a route stands, kept in a file of its own: position and figures change together, or not at all.</summary>
internal sealed record RouteState
{
    private const int FormatVersion = 1;
    private const string FileName = "state.json";

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The format of the file.</summary>
    public int Version { get; init; } = FormatVersion;

    /// <summary>What it sends; a route that sends something else begins anew.</summary>
    public required string Items { get; init; }

    /// <summary>A name of its own, so that the keys of two senders' batches are never equal.</summary>
    public required string Instance { get; init; }

    /// <summary>Where it began.</summary>
    public required long Began { get; init; }

    /// <summary>The first item that is not decided.</summary>
    public required long Position { get; init; }

    /// <summary>
    /// The end of the batch that is being sent. Written before the batch is: after a crash the same batch is made again, gets the same key, and
    /// is recognised by a receiver that has it already.
    /// </summary>
    public long SendingTo { get; init; }

    /// <summary>How far a file was written.</summary>
    public FileMark? File { get; init; }

    /// <summary>The figures.</summary>
    public RouteTotals Totals { get; init; } = new();

    /// <summary>Reads the state of a route, or null when it has none.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static RouteState? Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!System.IO.File.Exists(file))
        {
            return null;
        }
        try
        {
            RouteState state =
                JsonSerializer.Deserialize<RouteState>(System.IO.File.ReadAllBytes(file), json)
                ?? throw new JsonException("It is null.");
            return state.Version == FormatVersion
                ? state
                : throw new InvalidDataException(
                    $"{file} was written by a newer version of Custodiet. Use that version."
                );
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException(
                $"{file} cannot be read: {damaged.Message} Restore it from a backup, or delete it: the route then begins with the next event.",
                damaged
            );
        }
    }

    // What cannot be read turns its route off and must not keep the product from starting.
    private static RouteState? ReadOrNull(string folder)
    {
        try
        {
            return Read(folder);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Replaces the file; durable on return.</summary>
    public void Write(string folder) =>
        DurableFolder.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, json));

    /// <summary>The furthest position of any route that follows the queue, so that no offset is used twice when the queue was lost.</summary>
    public static long FurthestOffset(string routesFolder) =>
        Directory.Exists(routesFolder)
            ? Directory
                .EnumerateDirectories(routesFolder)
                .Select(ReadOrNull)
                .OfType<RouteState>()
                .Where(state => state.Items == nameof(RouteItems.Events))
                .Select(state => Math.Max(state.Position, state.SendingTo))
                .DefaultIfEmpty(0)
                .Max()
            : 0;
}
