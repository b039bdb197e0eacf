using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// Finds the parser of an event. For JSON it asks each in turn what it recognises; a line of text is tried: header, conditions, format, and
/// when one of them says no, everything is as before and the next parser is asked. Belongs to one reader.
/// </summary>
internal sealed class Recogniser(BoundParsers parsers, PathTable paths, SlotValues slots, FieldSink sink)
{
    private readonly JsonFields json = new(paths, slots, parsers.Tables.Limits);

    /// <summary>Reads JSON and finds its parser.</summary>
    /// <param name="text">The object.</param>
    /// <param name="target">The event to fill.</param>
    /// <param name="fault">Why it could not be read.</param>
    /// <returns>The parser, or null.</returns>
    public BoundParser? ReadJson(ReadOnlySpan<byte> text, Event target, out UnparsedReason fault)
    {
        fault = json.Read(text, target);
        return fault == UnparsedReason.None ? FindJson(target, carried: false, out fault) : null;
    }

    /// <summary>Reads a line that is not JSON, or JSON behind a syslog header, and finds its parser.</summary>
    /// <inheritdoc cref="ReadJson"/>
    public BoundParser? ReadLine(ReadOnlySpan<byte> line, Event target, out UnparsedReason fault)
    {
        bool headed = SyslogHeader.TryRead(line, out SyslogHeader header);
        int start = headed ? header.Message : 0;
        bool broken = false;
        if (headed && JsonFields.Begins(line[start..]))
        {
            sink.Begin(target);
            SyslogFields.Add(header, line, target.Keep(line[..start]), sink);
            BoundParser? parser = ReadJson(line[start..], target, out fault);
            if (fault != UnparsedReason.NotJson)
            {
                return parser;
            }
            // A message that was cut off on its way: its text is all there is.
            broken = true;
            target.Rewind(0, 0);
            slots.Clear();
        }
        int origin = target.Keep(line);
        sink.Begin(target);
        if (headed)
        {
            SyslogFields.Add(header, line, origin, sink);
        }
        slots.Text = (origin + start, line.Length - start);
        BoundParser? found = FindText(target, out fault);
        if (found is null && fault == UnparsedReason.None)
        {
            AddMessage(target);
        }
        fault = broken && fault == UnparsedReason.None ? UnparsedReason.Malformed : fault;
        return found;
    }

    /// <summary>Reads the values that have a format of their own, and sets the fields that follow from others.</summary>
    /// <returns>False when there are too many fields.</returns>
    public bool Complete(BoundParser parser, Event target)
    {
        foreach (BoundInside inside in parser.Inside)
        {
            if (slots.TryGetField(inside.Slot, target, out FieldValue value) && !ReadInside(inside, value, target))
            {
                return false;
            }
        }
        sink.Begin(target);
        foreach (BoundSet set in parser.Set)
        {
            if (!slots.Exists(set.Slot, target) && set.When.Holds(slots, target))
            {
                sink.Copy(sink.NodeOf(set.Field), set.Value);
            }
        }
        return !sink.IsFull;
    }

    private bool ReadInside(BoundInside inside, FieldValue value, Event target)
    {
        int fields = target.Fields.Length;
        int bytes = target.Values.Length;
        slots.Save(0);
        ReadOnlySpan<byte> text = target.ValueOf(value);
        int under = inside.Under.Length == 0 ? PathTable.Root : paths.Child(PathTable.Root, inside.Under);
        Decoding decoding;
        if (inside.Format is { } format)
        {
            sink.Begin(target, under);
            decoding = format.Read(text, value.Start, sink);
        }
        else
        {
            decoding = json.Read(text, target, under) switch
            {
                UnparsedReason.None => Decoding.Read,
                UnparsedReason.TooManyFields => Decoding.TooManyFields,
                _ => Decoding.NoMatch,
            };
        }
        if (decoding == Decoding.NoMatch)
        {
            // The value stays as it is.
            target.Rewind(fields, bytes);
            slots.Restore(0);
        }
        return decoding != Decoding.TooManyFields;
    }

    private BoundParser? FindJson(Event target, bool carried, out UnparsedReason fault)
    {
        fault = UnparsedReason.None;
        foreach (BoundParser parser in parsers.JsonParsers)
        {
            if (!parser.Recognise.Holds(slots, target))
            {
                continue;
            }
            if (parser.Carried is not { } carrier)
            {
                return parser;
            }
            if (carried)
            {
                continue;
            }
            BoundParser? inner = FindCarried(carrier, target, out fault);
            if (inner is not null || fault != UnparsedReason.None)
            {
                return inner;
            }
        }
        return null;
    }

    /// <summary>The parser of a line that lies in a field, with the line's fields beside those it lies among.</summary>
    private BoundParser? FindCarried(BoundCarried carrier, Event target, out UnparsedReason fault)
    {
        fault = UnparsedReason.None;
        if (!TryFirst(carrier.Texts, target, out FieldValue value))
        {
            return null;
        }
        int fields = target.Fields.Length;
        int bytes = target.Values.Length;
        slots.Save(1);
        ReadOnlySpan<byte> line = target.ValueOf(value).TrimEnd("\r\n"u8);
        BoundParser? found = null;
        if (JsonFields.Begins(line))
        {
            fault = json.Read(line, target);
            found = fault == UnparsedReason.None ? FindJson(target, carried: true, out fault) : null;
            if (found is null && fault == UnparsedReason.NotJson)
            {
                fault = UnparsedReason.None;
            }
        }
        else
        {
            bool headed = SyslogHeader.TryRead(line, out SyslogHeader header);
            int start = headed ? header.Message : 0;
            sink.Begin(target);
            if (headed)
            {
                SyslogFields.Add(header, line, value.Start, sink);
            }
            AddHeader(carrier, target);
            slots.Text = (value.Start + start, line.Length - start);
            slots.IsCarried = true;
            found = FindText(target, out fault);
        }
        if (found is null && fault == UnparsedReason.None)
        {
            target.Rewind(fields, bytes);
            slots.Restore(1);
            slots.Text = default;
            slots.IsCarried = false;
        }
        return found;
    }

    /// <summary>Adds the parts of a syslog header that the forwarder took apart and the line no longer has.</summary>
    private void AddHeader(BoundCarried carrier, Event target)
    {
        foreach ((int slot, byte[] name, int[] paths) in carrier.Header)
        {
            if (!slots.Exists(slot, target) && TryFirst(paths, target, out FieldValue part))
            {
                sink.Slice(name, part.Start, part.Length);
            }
        }
    }

    private bool TryFirst(int[] candidates, Event target, out FieldValue value)
    {
        foreach (int slot in candidates)
        {
            if (slots.TryGetField(slot, target, out value))
            {
                return true;
            }
        }
        value = default;
        return false;
    }

    private BoundParser? FindText(Event target, out UnparsedReason fault)
    {
        fault = UnparsedReason.None;
        (int start, int length) = slots.Text;
        ReadOnlySpan<byte> text = target.Values.Slice(start, length);
        int fields = target.Fields.Length;
        int bytes = target.Values.Length;
        slots.Save(0);
        foreach (BoundParser parser in parsers.TextParsers)
        {
            if (!parser.Recognise.Holds(slots, target))
            {
                continue;
            }
            sink.Begin(target);
            BoundBody body = parser.Body!;
            if (body.KeepsMessage)
            {
                AddMessage(target);
            }
            switch (body.Format.Read(text, start, sink))
            {
                case Decoding.Read when body.Require.Holds(slots, target):
                    return parser;
                case Decoding.TooManyFields:
                    fault = UnparsedReason.TooManyFields;
                    return null;
                case Decoding.Malformed:
                    if (!body.KeepsMessage)
                    {
                        AddMessage(target);
                    }
                    fault = UnparsedReason.Malformed;
                    return parser;
                default:
                    target.Rewind(fields, bytes);
                    slots.Restore(0);
                    break;
            }
        }
        return null;
    }

    private void AddMessage(Event target)
    {
        sink.Begin(target);
        (int start, int length) = slots.Text;
        sink.Slice("message"u8, start, length);
    }
}
