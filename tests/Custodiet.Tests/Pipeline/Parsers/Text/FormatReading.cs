using System.Text;
using System.Text.Unicode;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

/// <summary>A text format on its own, with what a reader has around it.</summary>
internal sealed class FormatReading
{
    private readonly PathTable paths;
    private readonly FieldSink sink;
    private readonly Event target = new();

    public FormatReading(int fieldsMax = 4_096)
    {
        paths = new PathTable(new Dictionary<string, int>(), new ParserLimits());
        sink = new FieldSink(paths, new SlotValues(0), fieldsMax);
    }

    /// <summary>Reads a text and checks that every field lies where it should and is valid UTF-8.</summary>
    public (Decoding Decoding, (string Name, string Value)[] Fields) Read(TextFormat format, ReadOnlySpan<byte> text)
    {
        if (paths.IsNearlyFull)
        {
            paths.Reset();
        }
        target.Clear();
        sink.Begin(target);
        Decoding decoding = format.Read(text, target.Keep(text), sink);
        List<(string, string)> fields = [];
        foreach (FieldValue field in target.Fields)
        {
            Assert.InRange(field.Start, 0, target.Values.Length - field.Length);
            Assert.True(Utf8.IsValid(target.ValueOf(field)));
            fields.Add((paths.NameOf(field.Field), target.TextOf(field)));
        }
        return (decoding, [.. fields]);
    }

    public (Decoding Decoding, (string Name, string Value)[] Fields) Read(TextFormat format, string text) =>
        Read(format, Encoding.UTF8.GetBytes(text));
}
