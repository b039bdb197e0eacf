using Custodiet.Records.Stores;

namespace Custodiet.Web.Balance;

/// <summary>Why there are no figures for a time, or not for all of it. A gap is not a zero.</summary>
public enum BalanceGap
{
    /// <summary>There are, for all of it.</summary>
    None,

    /// <summary>Custodiet did not run: the next thing that is known is its start.</summary>
    NotRunning,

    /// <summary>Custodiet ran and nothing was written: the disk took nothing, the machine stood still, or its clock was set.</summary>
    NotWritten,

    /// <summary>Before everything that is known, or after it.</summary>
    Unknown,
}

/// <summary>A piece of a window.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
/// <param name="Span">What is known of it, or null.</param>
/// <param name="Gap">Why something is missing.</param>
public sealed record BalancePiece(DateTimeOffset From, DateTimeOffset To, BalanceSpan? Span, BalanceGap Gap)
{
    /// <summary>Seconds of it without figures.</summary>
    public int MissingSeconds => Math.Max(0, (int)(To - From).TotalSeconds - (Span?.Seconds ?? 0));
}

/// <summary>The pieces of a window, with what is missing between them.</summary>
/// <param name="Pieces">Oldest first.</param>
/// <param name="Sum">All of them together; levels are those of the newest.</param>
public sealed record BalanceSeries(IReadOnlyList<BalancePiece> Pieces, BalanceSpan Sum)
{
    // A timer that fires late is no gap.
    private const int SlackSeconds = 5;

    /// <summary>Whether nothing at all is known.</summary>
    public bool IsEmpty => Pieces.All(piece => piece.Span is null);

    /// <summary>The pieces, where those without figures that follow each other for the same reason are one; with how many each stands for.</summary>
    public IReadOnlyList<(BalancePiece Piece, int Pieces)> Folded()
    {
        List<(BalancePiece Piece, int Pieces)> folded = [];
        foreach (BalancePiece piece in Pieces)
        {
            if (piece.Span is null && folded is [.., ({ Span: null } before, int count)] && before.Gap == piece.Gap)
            {
                folded[^1] = (before with { To = piece.To }, count + 1);
                continue;
            }
            folded.Add((piece, 1));
        }
        return folded;
    }

    /// <summary>Lays spans, oldest first, into the pieces between edges.</summary>
    public static BalanceSeries Of(IReadOnlyList<BalanceSpan> spans, IReadOnlyList<DateTimeOffset> edges)
    {
        BalanceSpan?[] sums = new BalanceSpan?[edges.Count - 1];
        int at = 0;
        foreach (BalanceSpan span in spans.Where(span => span.At >= edges[0] && span.At < edges[^1]))
        {
            while (span.At >= edges[at + 1])
            {
                at++;
            }
            sums[at] = sums[at]?.With(span, int.MaxValue) ?? span;
        }
        BalanceSpan sum = new();
        List<BalancePiece> pieces = new(sums.Length);
        for (int i = 0; i < sums.Length; i++)
        {
            sum = sums[i] is { } known ? sum.With(known, int.MaxValue) : sum;
            pieces.Add(new BalancePiece(edges[i], edges[i + 1], sums[i], GapOf(sums, i, edges[i + 1] - edges[i])));
        }
        return new BalanceSeries(pieces, sum);
    }

    private static BalanceGap GapOf(BalanceSpan?[] sums, int at, TimeSpan length)
    {
        if (sums[at] is { } here && here.Seconds >= (int)length.TotalSeconds - SlackSeconds)
        {
            return BalanceGap.None;
        }
        if (sums[at] is { Starts: > 0 })
        {
            return BalanceGap.NotRunning;
        }
        // What comes next tells: a start, or figures that simply go on.
        return sums.Skip(at + 1).FirstOrDefault(next => next is not null) switch
        {
            null => BalanceGap.Unknown,
            { Starts: > 0 } when sums.Take(at + 1).Any(before => before is not null) => BalanceGap.NotRunning,
            { Starts: > 0 } => BalanceGap.Unknown,
            _ => BalanceGap.NotWritten,
        };
    }
}
