using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline;

/// <summary>The starter parsers, read once for all tests.</summary>
internal static class PipelineContent
{
    private static readonly Lazy<ParserSetLoad> Load = new(() => ParserSet.Load(Texts("parsers"), Texts("logsources")));

    public static ParserSetLoad Parsers => Load.Value;

    public static ParserSet Set => Load.Value.Set!;

    public static IReadOnlyList<SourceText> Texts(string folder) =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(TestPaths.Content, folder), "*.yml")
                .Order(StringComparer.Ordinal)
                .Select(file => new SourceText(file, File.ReadAllText(file))),
        ];
}

/// <summary>Parsers, their tables and one event, as a worker has them.</summary>
internal sealed class Reading
{
    public Reading(
        ParserSet? set = null,
        ParserLimits? limits = null,
        FieldTable? fields = null,
        TimeZoneInfo? zone = null
    )
    {
        Fields = fields ?? new FieldTable();
        Bound = (set ?? PipelineContent.Set).Bind(Fields, LogSources, Sources, limits, zone);
        Reader = Bound.NewReader();
    }

    public FieldTable Fields { get; }

    public LogSourceTable LogSources { get; } = new();

    public SourceTable Sources { get; } = new();

    public BoundParsers Bound { get; }

    public EventReader Reader { get; }

    public Event Event { get; } = new();

    public const long ReceivedMicros = 1_772_439_360_000_000;

    public Event Read(ReadOnlyMemory<byte> raw, long offset = 0)
    {
        Reader.Read(offset, ReceivedMicros, raw, Event);
        return Event;
    }

    public Event Read(string json) => Read(System.Text.Encoding.UTF8.GetBytes(json));

    public string[] Values(string field)
    {
        int id = Fields.Find(field);
        List<string> texts = [];
        foreach (FieldValue value in Event.Fields)
        {
            if (id >= 0 && value.Field == id)
            {
                texts.Add(value.Kind == FieldKind.Null ? "(null)" : Event.TextOf(value));
            }
        }
        return [.. texts];
    }

    public string? First(string field) => Values(field) is [var first, ..] ? first : null;

    public string[] LogSourcesNow => [.. LogSources.Of(Event.LogSources).Select(item => item.ToString())];

    public string SourceNow => Sources.Of(Event.Source).ToString();
}
