using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>A value that a field gets whatever the text says.</summary>
internal sealed record Constant(string Field, string Value);

/// <summary>One pattern of several, with what follows when it is the one.</summary>
internal sealed record PatternChoice(IReadOnlyList<TextPattern> Patterns, IReadOnlyList<Constant> Set);

/// <summary>Sentences: the first pattern that matches the whole text gives the fields.</summary>
internal sealed class PatternFormat : TextFormat
{
    private readonly (TextPattern Pattern, (byte[] Name, byte[] Value)[] Set)[] patterns;
    private readonly bool unmatchedIsRead;

    /// <summary>Creates the format.</summary>
    /// <param name="choices">The patterns in turn.</param>
    /// <param name="unmatchedIsRead">Whether a text that matches none is read all the same, without fields.</param>
    public PatternFormat(IReadOnlyList<PatternChoice> choices, bool unmatchedIsRead)
    {
        this.unmatchedIsRead = unmatchedIsRead;
        patterns =
        [
            .. choices.SelectMany(choice =>
                choice.Patterns.Select(pattern =>
                    (
                        pattern,
                        choice
                            .Set.Select(constant =>
                                (Encoding.UTF8.GetBytes(constant.Field), Encoding.UTF8.GetBytes(constant.Value))
                            )
                            .ToArray()
                    )
                )
            ),
        ];
    }

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        Span<(int From, int To)> found = stackalloc (int, int)[TextPattern.FieldsMax];
        foreach ((TextPattern pattern, (byte[] Name, byte[] Value)[] set) in patterns)
        {
            if (!pattern.Matches(text, found))
            {
                continue;
            }
            Add(pattern, text, origin, found, sink);
            foreach ((byte[] name, byte[] value) in set)
            {
                sink.Copy(sink.NodeOf(name), value);
            }
            return sink.IsFull ? Decoding.TooManyFields : Decoding.Read;
        }
        return unmatchedIsRead ? Decoding.Read : Decoding.NoMatch;
    }

    private static void Add(
        TextPattern pattern,
        ReadOnlySpan<byte> text,
        int origin,
        ReadOnlySpan<(int From, int To)> found,
        FieldSink sink
    )
    {
        int field = 0;
        foreach (PatternPart part in pattern.Parts)
        {
            if (part.Kind == PartKind.Literal)
            {
                continue;
            }
            (int from, int to) = found[field++];
            if (part.Value.Length == 0)
            {
                continue;
            }
            ReadOnlySpan<byte> value = text[from..to];
            if (part.Kind == PartKind.Quoted && value.Contains(Bytes.Backslash))
            {
                int length = Bytes.Unescape(value, Bytes.Quote, sink.Target.Reserve(value.Length));
                sink.Commit(sink.NodeOf(part.Value), length);
            }
            else
            {
                sink.Slice(part.Value, origin + from, to - from);
            }
        }
    }
}
