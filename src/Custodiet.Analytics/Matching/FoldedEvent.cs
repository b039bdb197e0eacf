using System.Text;
using Custodiet.Analytics.Language;
using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>The values of the event at hand with all letters folded, made once an event and read by every scanner.</summary>
internal sealed class FoldedEvent
{
    // Scanners read whole words and may look this far past a value.
    private const int Padding = 16;

    private byte[] buffer = new byte[16 * 1024];
    private byte[] tail = [];
    private int[] starts = new int[256];
    private int[] lengths = new int[256];
    private bool ascii;
    private bool cut;

    /// <summary>How many values of the event were cut.</summary>
    public int CutCount { get; private set; }

    /// <summary>Folds the values of an event.</summary>
    public void Fold(Event e)
    {
        ReadOnlySpan<byte> values = e.Values;
        CutCount = 0;
        cut = values.Length > AnalyticsLimits.ValueBytesMax && CountCut(e);
        ascii = !cut && Ascii.IsValid(values);
        Grow(values.Length * (ascii ? 1 : Folding.GrowthMax));
        if (ascii)
        {
            Ascii.ToLower(values, buffer, out _);
        }
        else
        {
            FoldEach(e);
        }
    }

    /// <summary>The searched part of a value.</summary>
    /// <param name="index">The value's index in the event.</param>
    /// <param name="value">The value.</param>
    /// <param name="nonAscii">Whether it may have other bytes than ASCII.</param>
    public ReadOnlySpan<byte> Head(int index, in FieldValue value, out bool nonAscii)
    {
        nonAscii = !ascii;
        return ascii ? buffer.AsSpan(value.Start, value.Length) : buffer.AsSpan(starts[index], lengths[index]);
    }

    /// <summary>The folded end of a value, at least as long as a literal of so many bytes.</summary>
    public ReadOnlySpan<byte> Tail(Event e, in FieldValue value, int literalBytes)
    {
        // A folded character may be a third as long as it was.
        ReadOnlySpan<byte> end = ValueLimit.Tail(e.ValueOf(value), (literalBytes * 3) + 4);
        if (tail.Length < end.Length * Folding.GrowthMax)
        {
            tail = new byte[end.Length * Folding.GrowthMax];
        }
        return tail.AsSpan(0, Folding.Fold(end, tail));
    }

    private bool CountCut(Event e)
    {
        foreach (ref readonly FieldValue value in e.Fields)
        {
            CutCount += value.Length > AnalyticsLimits.ValueBytesMax ? 1 : 0;
        }
        return CutCount > 0;
    }

    private void FoldEach(Event e)
    {
        ReadOnlySpan<FieldValue> fields = e.Fields;
        if (starts.Length < fields.Length)
        {
            starts = new int[fields.Length * 2];
            lengths = new int[fields.Length * 2];
        }
        int used = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            ReadOnlySpan<byte> value = ValueLimit.Head(e.ValueOf(fields[i]));
            starts[i] = used;
            if (Ascii.IsValid(value))
            {
                Ascii.ToLower(value, buffer.AsSpan(used), out lengths[i]);
            }
            else
            {
                lengths[i] = Folding.Fold(value, buffer.AsSpan(used));
            }
            used += lengths[i];
        }
    }

    private void Grow(int bytes)
    {
        if (buffer.Length < bytes + Padding)
        {
            buffer = new byte[(bytes * 2) + Padding];
        }
    }
}
