namespace Custodiet.Pipeline.Parsers;

/// <summary>What came of reading a text as a format.</summary>
internal enum Decoding
{
    /// <summary>It was read.</summary>
    Read,

    /// <summary>It is not of this format; what was added is taken back.</summary>
    NoMatch,

    /// <summary>It is of this format and breaks it; what was added stays.</summary>
    Malformed,

    /// <summary>It has more fields than an event may have.</summary>
    TooManyFields,
}

/// <summary>
/// A way to write fields in text. One pass, linear in the length, no allocation but for buffers that grow; never throws for what the text
/// holds. Immutable and shared by all readers.
/// </summary>
internal abstract class TextFormat
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">The text: valid UTF-8.</param>
    /// <param name="origin">Where the same text begins in the event's values, so that fields can be slices of it.</param>
    /// <param name="sink">Where fields go.</param>
    public abstract Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink);
}

/// <summary>No format: the text is a sentence, and its only field is itself.</summary>
internal sealed class PlainFormat : TextFormat
{
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink) => Decoding.Read;
}
