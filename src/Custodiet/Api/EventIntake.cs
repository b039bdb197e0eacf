using System.Diagnostics;
using Custodiet.Cli;
using Custodiet.Inputs;
using Custodiet.Pipeline.Framing;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;
using Custodiet.Telemetry;

namespace Custodiet.Api;

/// <summary>Bounds of the event inputs, from the settings.</summary>
/// <param name="EventBytesMax">Bytes of one event.</param>
/// <param name="BatchBytesMax">Bytes of one body after decompression, and of the events made of it.</param>
internal sealed record IntakeLimits(int EventBytesMax, int BatchBytesMax)
{
    /// <summary>Events of one batch.</summary>
    public static int EventsMax { get; } = new FramingLimits().BatchEvents;

    /// <summary>What the largest batch needs in the queue: its bytes, and the length of each event.</summary>
    public int QueueBytesMax => BatchBytesMax + (sizeof(int) * EventsMax);
}

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

/// <summary>Bytes → queue: the one door for events. It cuts a body into events, appends them as one batch, counts what it did not take.</summary>
internal sealed class EventIntake(
    IEventQueue queue,
    InputBoard board,
    IntakeLimits limits,
    TimeProvider time,
    SenderBook? senders = null
)
{
    /// <summary>Rejected lines that an answer names; the rest are counted.</summary>
    public const int RejectedNamedMax = 1_000;

    private readonly FramingLimits framing = new()
    {
        EventBytes = limits.EventBytesMax,
        BatchBytes = limits.BatchBytesMax,
    };

    public IntakeLimits Limits => limits;

    /// <summary>Who sends, and what they may.</summary>
    public SenderBook Senders { get; } = senders ?? new SenderBook(time);

    /// <summary>The counters of an input.</summary>
    public InputCounters CountersOf(string input) => board.Of(input);

    /// <summary>Why the queue takes nothing at present, or null.</summary>
    public string? Failure => queue.State.Failure;

    /// <summary>
    /// Appends events that an input has cut out itself, as one batch, and answers when they are durable. The buffer must stay as it is
    /// until then. What was received and what became of it is for the input to count.
    /// </summary>
    /// <param name="input">The input, and after a space the peer where it is known: <c>syslog-udp 192.0.2.7</c>.</param>
    /// <param name="events">At least one ended event.</param>
    /// <param name="idempotencyKey">A key under which a repeated batch is recognised, or null.</param>
    /// <param name="cancellation">Only ends the wait for another batch with the same key.</param>
    public ValueTask<QueueAppend> AppendAsync(
        string input,
        EventBuffer events,
        string? idempotencyKey,
        CancellationToken cancellation
    ) =>
        AppendAsync(
            new EventBatch(input, idempotencyKey, EventTime.ToMicros(time.GetUtcNow()), events.Lengths, events.Bytes),
            cancellation
        );

    /// <summary>Takes a body of the input; it is overwritten, and free again when the answer is there.</summary>
    public async ValueTask<IntakeOutcome> TakeAsync(
        string input,
        Memory<byte> body,
        string? idempotencyKey,
        CancellationToken cancellation
    )
    {
        InputCounters counters = board.Of(input);
        FramedEvents framed = EventFraming.FrameInPlace(body, framing);
        if (framed.Refusal is { } refusal)
        {
            // The events of a body that cannot be cut are not known; it counts as one.
            counters.Receive(1);
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
            switch (await AppendAsync(batch, cancellation))
            {
                case QueueAppend.Accepted accepted:
                    first = accepted.FirstOffset;
                    repeated = accepted.Repeated;
                    break;
                case QueueAppend.Pushback full:
                    counters.Refuse("queue full");
                    return new IntakeOutcome.Full(full.Reason, full.RetryAfter);
                case QueueAppend.Failed failed:
                    counters.Refuse("disk failed");
                    return new IntakeOutcome.Failed(failed.Reason);
                default:
                    throw new InvalidOperationException("The queue gave an outcome that is not known here.");
            }
        }
        if (!repeated)
        {
            counters.Receive(framed.Lengths.Count + framed.Rejections.Count);
            counters.Accept(framed.Lengths.Count);
            foreach (IGrouping<FramingFault, FramingRejection> group in framed.Rejections.GroupBy(r => r.Fault))
            {
                counters.Drop(Words(group.Key), group.Count());
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

    // Everything that enters the queue passes here; what is measured is measured once a batch.
    private async ValueTask<QueueAppend> AppendAsync(EventBatch batch, CancellationToken cancellation)
    {
        using Activity? span = Tracing.Source.StartActivity("queue append", ActivityKind.Producer);
        long started = time.GetTimestamp();
        QueueAppend outcome = await queue.AppendAsync(batch, cancellation);
        Instruments.Appended(time.GetElapsedTime(started));
        if (span is not null)
        {
            Describe(span, batch, outcome);
        }
        if (outcome is QueueAppend.Accepted { Repeated: false })
        {
            board.Of(KindOf(batch.Input)).AcceptBytes(batch.Bytes.Length);
        }
        return outcome;
    }

    private static void Describe(Activity span, EventBatch batch, QueueAppend outcome)
    {
        span.SetTag("custodiet.input", KindOf(batch.Input));
        span.SetTag("custodiet.events", batch.Lengths.Count);
        span.SetTag("custodiet.bytes", batch.Bytes.Length);
        switch (outcome)
        {
            case QueueAppend.Accepted accepted:
                span.SetTag("custodiet.offset", accepted.FirstOffset);
                break;
            case QueueAppend.Pushback full:
                span.SetStatus(ActivityStatusCode.Error, full.Reason);
                break;
            case QueueAppend.Failed failed:
                span.SetStatus(ActivityStatusCode.Error, failed.Reason);
                break;
        }
    }

    // A batch's input may name the peer after a space.
    private static string KindOf(string input) =>
        input.IndexOf(' ', StringComparison.Ordinal) is > 0 and int at ? input[..at] : input;

    private static string Words(FramingFault fault) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString()).Replace('-', ' ');
}
