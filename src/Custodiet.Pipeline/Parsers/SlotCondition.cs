using System.Text;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>The values that parsers ask for, as one event has them. Belongs to one reader.</summary>
internal sealed class SlotValues(int count)
{
    private const int Container = -1;

    private readonly int[] stamps = new int[count];
    private readonly int[] fields = new int[count];
    private readonly int[][] saved = [new int[2 * count], new int[2 * count]];
    private int epoch;

    /// <summary>Where the text of a line stands in the event's values: what text formats read and conditions on text look at.</summary>
    public (int Start, int Length) Text { get; set; }

    /// <summary>Whether that text lies in a field of JSON.</summary>
    public bool IsCarried { get; set; }

    /// <summary>Remembers what is noted, for <see cref="Restore"/>.</summary>
    /// <param name="place">0 for one parser's attempt, 1 for what holds several attempts.</param>
    public void Save(int place)
    {
        stamps.CopyTo(saved[place], 0);
        fields.CopyTo(saved[place], stamps.Length);
    }

    /// <summary>Goes back to what was noted: a parser tried the event and found that it is not its own.</summary>
    public void Restore(int place)
    {
        saved[place].AsSpan(0, stamps.Length).CopyTo(stamps);
        saved[place].AsSpan(stamps.Length).CopyTo(fields);
    }

    /// <summary>Forgets the last event, without touching memory.</summary>
    public void Clear()
    {
        Text = default;
        IsCarried = false;
        if (++epoch == int.MaxValue)
        {
            Array.Clear(stamps);
            epoch = 1;
        }
    }

    /// <summary>Notes a value; of several the first stays.</summary>
    /// <param name="slot">Which value.</param>
    /// <param name="field">Its index among the event's fields, or -1 for a map or list.</param>
    public void Note(int slot, int field)
    {
        if (stamps[slot] != epoch)
        {
            stamps[slot] = epoch;
            fields[slot] = field;
        }
        else if (fields[slot] == Container)
        {
            fields[slot] = field;
        }
    }

    /// <summary>Whether anything but null stands there.</summary>
    public bool Exists(int slot, Event target) =>
        stamps[slot] == epoch && (fields[slot] == Container || target.Fields[fields[slot]].Kind != FieldKind.Null);

    /// <summary>The field that stands there, if it is one and is neither null nor empty.</summary>
    public bool TryGetField(int slot, Event target, out FieldValue field)
    {
        if (stamps[slot] == epoch && fields[slot] != Container)
        {
            field = target.Fields[fields[slot]];
            return field.Kind != FieldKind.Null && field.Length > 0;
        }
        field = default;
        return false;
    }

    /// <summary>The value that stands there, if it is one and is neither null nor empty.</summary>
    public bool TryGet(int slot, Event target, out ReadOnlySpan<byte> value)
    {
        if (stamps[slot] == epoch && fields[slot] != Container)
        {
            ref readonly FieldValue field = ref target.Fields[fields[slot]];
            value = target.ValueOf(field);
            return field.Kind != FieldKind.Null && field.Length > 0;
        }
        value = default;
        return false;
    }
}

/// <summary>A <see cref="Condition"/> with numbers for paths.</summary>
internal sealed class SlotCondition
{
    /// <summary>Bytes of a value in which <c>contains</c> looks. 256.</summary>
    public const int ContainsWithin = 256;

    private readonly Func<SlotValues, Event, bool> test;

    private SlotCondition(Func<SlotValues, Event, bool> test) => this.test = test;

    public bool Holds(SlotValues values, Event target) => test(values, target);

    /// <summary>Ties a condition to slots.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="slotOf">Gives a path its number.</param>
    public static SlotCondition Bind(Condition condition, Func<string, int> slotOf) => new(Compile(condition, slotOf));

    private static Func<SlotValues, Event, bool> Compile(Condition condition, Func<string, int> slotOf)
    {
        switch (condition)
        {
            case Condition.All all:
                Func<SlotValues, Event, bool>[] every = [.. all.Items.Select(item => Compile(item, slotOf))];
                return (values, target) =>
                {
                    foreach (Func<SlotValues, Event, bool> item in every)
                    {
                        if (!item(values, target))
                        {
                            return false;
                        }
                    }
                    return true;
                };
            case Condition.Any any:
                Func<SlotValues, Event, bool>[] some = [.. any.Items.Select(item => Compile(item, slotOf))];
                return (values, target) =>
                {
                    foreach (Func<SlotValues, Event, bool> item in some)
                    {
                        if (item(values, target))
                        {
                            return true;
                        }
                    }
                    return false;
                };
            case Condition.Exists exists:
                int present = slotOf(exists.Path);
                return (values, target) => values.Exists(present, target);
            case Condition.Absent absent:
                int missing = slotOf(absent.Path);
                return (values, target) => !values.Exists(missing, target);
            case Condition.EqualTo equal:
                return Compare(slotOf(equal.Path), equal.Values, (value, wanted) => value.SequenceEqual(wanted));
            case Condition.StartsWith starts:
                return Compare(slotOf(starts.Path), starts.Values, (value, wanted) => value.StartsWith(wanted));
            case Condition.Contains contains:
                return Compare(slotOf(contains.Path), contains.Values, ContainsFolded);
            case Condition.TextStartsWith starts:
                return CompareText(starts.Values, (text, wanted) => text.StartsWith(wanted));
            case Condition.CarriedIs carried:
                return (values, _) => values.IsCarried == carried.Inside;
            case Condition.TextContains contains:
                return CompareText(contains.Values, (text, wanted) => text.IndexOf(wanted) >= 0);
            default:
                throw new InvalidOperationException($"Unknown condition {condition.GetType().Name}.");
        }
    }

    private delegate bool Comparison(ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted);

    /// <summary>Whether a value holds another; case is ignored in ASCII. Quadratic at worst, so only for what a sender keeps short: the first 256 bytes.</summary>
    private static bool ContainsFolded(ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted)
    {
        value = value[..Math.Min(value.Length, ContainsWithin)];
        for (int at = 0; at + wanted.Length <= value.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(value.Slice(at, wanted.Length), wanted))
            {
                return true;
            }
        }
        return false;
    }

    private static Func<SlotValues, Event, bool> CompareText(IReadOnlyList<string> wanted, Comparison comparison)
    {
        byte[][] texts = [.. wanted.Select(Encoding.UTF8.GetBytes)];
        return (values, target) =>
        {
            ReadOnlySpan<byte> text = target.Values.Slice(values.Text.Start, values.Text.Length);
            foreach (byte[] item in texts)
            {
                if (comparison(text, item))
                {
                    return true;
                }
            }
            return false;
        };
    }

    private static Func<SlotValues, Event, bool> Compare(int slot, IReadOnlyList<string> wanted, Comparison comparison)
    {
        byte[][] texts = [.. wanted.Select(Encoding.UTF8.GetBytes)];
        return (values, target) =>
        {
            if (!values.TryGet(slot, target, out ReadOnlySpan<byte> value))
            {
                return false;
            }
            foreach (byte[] text in texts)
            {
                if (comparison(value, text))
                {
                    return true;
                }
            }
            return false;
        };
    }
}
