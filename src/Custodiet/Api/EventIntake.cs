using Custodiet.Cli;
using Custodiet.Pipeline.Framing;
using Custodiet.Records.Events;
using Custodiet.Records.Stages;
using Custodiet.Records.Stores;

namespace Custodiet.Api;

/// <summary>Bounds of the event inputs, from the settings.</summary>
internal sealed record IntakeLimits(int EventBytesMax, int BatchBytesMax);

/// <summary>What became of a body of events.</summary>
internal abstract record IntakeOutcome
{
    private IntakeOutcome() { }

    /// <summary>Durable in the queue; rejected lines are named.</summary>
    public sealed record Taken(IngestAnswer Answer) : IntakeOutcome;

    /// <summary>Nothing could be cut out of the body.</summary>
    public sealed record Unreadable(int Status, string Reason) : IntakeOutcome;

    /// <summary>The queue is full; nothing was taken.</summary>
    public sealed record Full(string Reason, TimeSpan RetryAfter) : IntakeOutcome;

    /// <summary>The disk failed; nothing was taken.</summary>
    public sealed record Failed(string Reason) : IntakeOutcome;
}

/// <summary>Bytes → queue: cuts a body into events, appends them as one batch, counts what it did not take.</summary>
internal sealed class EventIntake(IEventQueue queue, StageCounters counters, IntakeLimits limits, TimeProvider time)
{
    /// <summary>Rejected lines that an answer names; the rest are counted.</summary>
    public const int RejectedNamedMax = 1_000;

    private readonly FramingLimits framing = new()
    {
        EventBytes = limits.EventBytesMax,
        BatchBytes = limits.BatchBytesMax,
    };

    public IntakeLimits Limits => limits;

    /// <summary>Takes a body; it is overwritten, and free again when the answer is there.</summary>
    public async ValueTask<IntakeOutcome> TakeAsync(
        string input,
        Memory<byte> body,
        string? idempotencyKey,
        CancellationToken cancellation
    )
    {
        FramedEvents framed = EventFraming.FrameInPlace(body, framing);
        if (framed.Refusal is { } refusal)
        {
            counters.Drop("refused body: " + Words(refusal.Fault), 1);
            int status = refusal.Fault is FramingFault.ArrayBroken ? 400 : 413;
            return new IntakeOutcome.Unreadable(
                status,
                $"Line {refusal.Line}, byte {refusal.ByteOffset}: {refusal.Reason}"
            );
        }
        long first = 0;
        bool repeated = false;
        if (framed.Lengths.Count > 0)
        {
            long received = EventTime.ToMicros(time.GetUtcNow());
            EventBatch batch = new(input, idempotencyKey, received, framed.Lengths, framed.Bytes);
            switch (await queue.AppendAsync(batch, cancellation))
            {
                case QueueAppend.Accepted accepted:
                    first = accepted.FirstOffset;
                    repeated = accepted.Repeated;
                    break;
                case QueueAppend.Pushback full:
                    return new IntakeOutcome.Full(full.Reason, full.RetryAfter);
                case QueueAppend.Failed failed:
                    return new IntakeOutcome.Failed(failed.Reason);
                default:
                    throw new InvalidOperationException("The queue gave an outcome that is not known here.");
            }
        }
        if (!repeated)
        {
            foreach (IGrouping<FramingFault, FramingRejection> group in framed.Rejections.GroupBy(r => r.Fault))
            {
                counters.Drop("rejected: " + Words(group.Key), group.Count());
            }
        }
        return new IntakeOutcome.Taken(
            new IngestAnswer(
                framed.Lengths.Count,
                first,
                repeated,
                [.. framed.Rejections.Take(RejectedNamedMax).Select(r => new RejectedLine(r.Line, r.Reason))],
                framed.Rejections.Count
            )
        );
    }

    private static string Words(FramingFault fault) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString()).Replace('-', ' ');
}
