namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// An event as Windows writes it in XML, and Sysmon for Linux: <c>&lt;Event&gt;&lt;System&gt;…&lt;/System&gt;&lt;EventData&gt;…</c>, or its <c>EventData</c> alone.
/// Elements of System become fields by their names, their attributes as <c>Provider_Name</c>; of EventData by the attribute Name, else
/// the element's; of UserData by the innermost element's. Of RenderingInfo the <c>Message</c> is taken. Namespaces are passed over, and so are
/// other elements.
/// </summary>
/// <remarks>
/// Microsoft's Event Schema; XML 1.0, sections 2.4, 2.7, 4.1 and 4.6. No validation: an end tag ends whatever is open. A document
/// type is refused, so there are no entities but the five that XML has and numbers.
/// </remarks>
internal sealed class WindowsXmlFormat : TextFormat
{
    private static readonly byte[] message = "Message"u8.ToArray();

    private enum Section
    {
        None,
        System,
        Data,
        Rendering,
    }

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        int start = SkipDeclaration(text);
        if (!BeginsEvent(text[start..]))
        {
            return Decoding.NoMatch;
        }
        Decoding decoding = new Walk(text, origin, sink).From(start);
        return sink.IsFull ? Decoding.TooManyFields : decoding;
    }

    private static int SkipDeclaration(ReadOnlySpan<byte> text)
    {
        int at = XmlText.SkipSpace(text, text.StartsWith("\uFEFF"u8) ? 3 : 0);
        if (!text[at..].StartsWith("<?xml "u8))
        {
            return at;
        }
        int end = text[at..].IndexOf("?>"u8);
        return end < 0 ? at : XmlText.SkipSpace(text, at + end + 2);
    }

    private static bool BeginsEvent(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> name = text.StartsWith("<"u8)
            ? XmlText.LocalName(text[1..XmlText.NameEnd(text, 1)])
            : default;
        return name.SequenceEqual("Event"u8)
            || name.SequenceEqual("EventData"u8)
            || name.SequenceEqual("UserData"u8)
            || name.SequenceEqual("DataItem"u8);
    }

    /// <summary>One pass over the elements.</summary>
    private ref struct Walk(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        private readonly ReadOnlySpan<byte> text = text;
        private int depth;
        private Section section;
        private int sectionDepth;

        // The element that was opened last, as long as no other was opened or closed in it: only such a one has a value.
        private bool isLeaf;
        private ReadOnlySpan<byte> leaf;
        private int leafStart;

        public Decoding From(int at)
        {
            while (!sink.IsFull)
            {
                int step = text[at..].IndexOf((byte)'<');
                if (step < 0)
                {
                    return Decoding.Malformed;
                }
                at += step;
                if (XmlText.SkipMarkup(text, at) is var behind and not 0)
                {
                    at = behind;
                }
                else if (text[at..].StartsWith("</"u8))
                {
                    at = Close(at);
                }
                else
                {
                    at = Open(at + 1);
                }
                if (at < 0)
                {
                    return Decoding.Malformed;
                }
                if (depth == 0)
                {
                    return XmlText.SkipSpace(text, at) == text.Length ? Decoding.Read : Decoding.Malformed;
                }
            }
            return Decoding.TooManyFields;
        }

        /// <summary>Reads a start tag.</summary>
        /// <returns>The place behind it, or -1.</returns>
        private int Open(int at)
        {
            int nameEnd = XmlText.NameEnd(text, at);
            if (nameEnd == at)
            {
                return -1;
            }
            ReadOnlySpan<byte> name = XmlText.LocalName(text[at..nameEnd]);
            depth++;
            Enter(name);
            ReadOnlySpan<byte> field = name;
            at = nameEnd;
            while (true)
            {
                at = XmlText.SkipSpace(text, at);
                if (at >= text.Length)
                {
                    return -1;
                }
                if (text[at] == (byte)'>')
                {
                    isLeaf = true;
                    leaf = field;
                    leafStart = at + 1;
                    return at + 1;
                }
                if (text[at..].StartsWith("/>"u8))
                {
                    CloseEmpty(name, field);
                    return at + 2;
                }
                if (!XmlText.TryAttribute(text, at, out Stretch key, out Stretch value))
                {
                    return -1;
                }
                at = value.Start + value.Length + 1;
                Attribute(name, key.Of(text), value, ref field);
            }
        }

        private void Enter(ReadOnlySpan<byte> name)
        {
            if (section != Section.None || depth > 3)
            {
                return;
            }
            section =
                name.SequenceEqual("System"u8) ? Section.System
                : name.SequenceEqual("EventData"u8) || name.SequenceEqual("UserData"u8) ? Section.Data
                : name.SequenceEqual("RenderingInfo"u8) ? Section.Rendering
                : Section.None;
            sectionDepth = depth;
        }

        private readonly void Attribute(
            ReadOnlySpan<byte> element,
            ReadOnlySpan<byte> key,
            Stretch value,
            ref ReadOnlySpan<byte> field
        )
        {
            if (depth <= sectionDepth || key.StartsWith("xmlns"u8))
            {
                return;
            }
            if (section == Section.System)
            {
                sink.Joined.Clear();
                sink.Joined.Append(element);
                sink.Joined.Append("_"u8);
                sink.Joined.Append(XmlText.LocalName(key));
                Add(sink.Joined.Span, value.Start, value.Length);
            }
            else if (section == Section.Data && key.SequenceEqual("Name"u8) && value.Length > 0)
            {
                field = value.Of(text);
            }
        }

        /// <summary>Reads an end tag, and adds the value of an element that has no others in it.</summary>
        /// <returns>The place behind it, or -1.</returns>
        private int Close(int at)
        {
            int length = text[at..].IndexOf((byte)'>');
            if (length < 0)
            {
                return -1;
            }
            if (isLeaf && depth > sectionDepth)
            {
                AddLeaf(leafStart, at - leafStart);
            }
            Leave();
            return at + length + 1;
        }

        private void CloseEmpty(ReadOnlySpan<byte> name, ReadOnlySpan<byte> field)
        {
            // <Data Name="x"/> is a value that is empty; <Correlation/> says nothing.
            if (section == Section.Data && depth > sectionDepth && name.SequenceEqual("Data"u8))
            {
                sink.Slice(field, origin, 0);
            }
            Leave();
        }

        private void Leave()
        {
            isLeaf = false;
            if (section != Section.None && depth == sectionDepth)
            {
                section = Section.None;
            }
            depth--;
        }

        private readonly void AddLeaf(int start, int length)
        {
            if (section is Section.System or Section.Data)
            {
                Add(leaf, start, length);
            }
            else if (section == Section.Rendering && leaf.SequenceEqual(message))
            {
                Add(message, start, length);
            }
        }

        private readonly void Add(ReadOnlySpan<byte> name, int start, int length)
        {
            int node = sink.NodeOf(name);
            ReadOnlySpan<byte> value = text.Slice(start, length);
            if (value.IndexOfAny((byte)'&', (byte)'<') < 0)
            {
                sink.Slice(node, origin + start, length);
            }
            else
            {
                sink.Commit(node, XmlText.Decode(value, sink.Target.Reserve(length)));
            }
        }
    }
}
