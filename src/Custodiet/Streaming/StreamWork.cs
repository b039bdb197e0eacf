using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Stores;

namespace Custodiet.Streaming;

/// <summary>A run of consecutive events of one batch: what one worker does at a time, and what it made of them.</summary>
internal sealed class StreamWork(QueuedBatch batch, int first, int count, int firstByte, int bytes)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The batch.</summary>
    public QueuedBatch Batch { get; } = batch;

    /// <summary>Index of the first event within the batch.</summary>
    public int First { get; } = first;

    /// <summary>How many events.</summary>
    public int Count { get; } = count;

    /// <summary>Where the first event begins in the batch's bytes.</summary>
    public int FirstByte { get; } = firstByte;

    /// <summary>Bytes of the events, which the stream's bound on memory counts.</summary>
    public int Bytes { get; } = bytes;

    /// <summary>Offset of the first event.</summary>
    public long FirstOffset => Batch.FirstOffset + First;

    /// <summary>Offset after the last event.</summary>
    public long NextOffset => FirstOffset + Count;

    /// <summary>Whether the batch ends here, so that its key can be stored.</summary>
    public bool EndsBatch => First + Count == Batch.Batch.Lengths.Count;

    /// <summary>Columns for the archive, or null when the archive has these events already.</summary>
    public IArchiveChunk? Chunk { get; set; }

    /// <summary>What the rules found.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>What arrived from each source.</summary>
    public Dictionary<int, SourceDelta> Sources { get; } = [];

    /// <summary>Events that rules were to see: those not analysed before a restart.</summary>
    public long Received { get; set; }

    /// <summary>Of these, parsed.</summary>
    public long Parsed { get; set; }

    /// <summary>Events that rules were given: the parsed ones, and those that lack nothing but a time of their own.</summary>
    public long Evaluable { get; set; }

    /// <summary>Of these, those without a log source, which no rule can see.</summary>
    public long Unrouted { get; set; }

    /// <summary>Of the received, those without fields to look at, by reason.</summary>
    public long[] Unparsed { get; } = new long[Enum.GetValues<UnparsedReason>().Length];

    /// <summary>Of the received, those that the archive keeps smaller, by reduction.</summary>
    public Dictionary<int, long> Reduced { get; } = [];

    /// <summary>Completes when a worker is through with it.</summary>
    public Task Done => done.Task;

    /// <summary>Says that the work is done.</summary>
    public void Complete() => done.TrySetResult();

    /// <summary>Says that the work broke; the stream stops.</summary>
    public void Break(Exception bug) => done.TrySetException(bug);
}

/// <summary>What one work adds to a source's totals.</summary>
internal sealed class SourceDelta
{
    /// <summary>Events.</summary>
    public long Events { get; set; }

    /// <summary>Bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>Earliest receipt.</summary>
    public long FirstReceivedMicros { get; set; } = long.MaxValue;

    /// <summary>Latest receipt.</summary>
    public long LastReceivedMicros { get; set; } = long.MinValue;

    /// <summary>Earliest event time.</summary>
    public long OldestEventMicros { get; set; } = long.MaxValue;

    /// <summary>Latest event time.</summary>
    public long NewestEventMicros { get; set; } = long.MinValue;

    /// <summary>The parser of its newest event.</summary>
    public string Parser { get; set; } = "";
}
