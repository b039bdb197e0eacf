using System.Diagnostics;

namespace Custodiet.Records;

/// <summary>
/// Spans of the consequential paths: a batch from input to archive, an act from request to ledger. One span a batch, a commit or a segment, never
/// one an event; without a listener nothing is made and nothing is remembered.
/// </summary>
public static class Tracing
{
    /// <summary>The name of the source, for whoever listens.</summary>
    public const string SourceName = "Custodiet";

    /// <summary>Links of a span at most; what a span covers may be more.</summary>
    public const int LinksMax = 32;

    /// <summary>Where all spans come from.</summary>
    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>The traces of batches in the queue, by the offset of their first event.</summary>
    public static readonly TraceMemory Batches = new();

    /// <summary>The traces of records, by the index of the first that was appended at once.</summary>
    public static readonly TraceMemory Records = new();

    /// <summary>Begins a span that goes on what others began: a child of the first of them, with links to the rest. Null: nothing that is traced was begun.</summary>
    /// <param name="name">Its name, without ids.</param>
    /// <param name="begun">What it goes on.</param>
    public static Activity? Continue(string name, IReadOnlyList<ActivityContext> begun) =>
        begun.Count == 0
            ? null
            : Source.StartActivity(
                name,
                ActivityKind.Consumer,
                begun[0],
                links: begun.Skip(1).Select(context => new ActivityLink(context))
            );
}

/// <summary>
/// Which trace something numbered belongs to, for as long as it is on its way from one task to another: offsets of events, indexes of records. The
/// newest are kept; what is older is traced no further. Safe for many callers at once.
/// </summary>
public sealed class TraceMemory
{
    /// <summary>Numbers remembered at most.</summary>
    public const int Max = 1_024;

    private readonly Lock gate = new();
    private readonly Queue<(long Number, ActivityContext Context)> remembered = new();
    private volatile bool any;

    /// <summary>Remembers the trace of what has this number; an activity that is not recorded is not.</summary>
    public void Remember(long number, Activity? activity)
    {
        if (activity is not { Recorded: true })
        {
            return;
        }
        lock (gate)
        {
            if (remembered.Count == Max)
            {
                remembered.Dequeue();
            }
            remembered.Enqueue((number, activity.Context));
            any = true;
        }
    }

    /// <summary>The traces of numbers from one on and before another, <see cref="Tracing.LinksMax"/> at most.</summary>
    public IReadOnlyList<ActivityContext> Find(long from, long before)
    {
        if (!any)
        {
            return [];
        }
        lock (gate)
        {
            return
            [
                .. remembered
                    .Where(entry => entry.Number >= from && entry.Number < before)
                    .OrderBy(entry => entry.Number)
                    .Select(entry => entry.Context)
                    .Take(Tracing.LinksMax + 1),
            ];
        }
    }
}
