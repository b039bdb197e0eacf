using ParquetSharp;
using ParquetSharp.Schema;

namespace Custodiet.Archive;

/// <summary>The columns of a segment, in file order, and how each is encoded.</summary>
internal static class SegmentSchema
{
    /// <summary>Grows when a column changes; written into every file.</summary>
    public const string Version = "2";

    /// <summary>The columns that this version writes, as <see cref="SegmentEntry.Columns"/> counts them: 1 had neither <c>received_bytes</c> nor <c>reduced</c>.</summary>
    public const int Columns = 2;

    private const string First =
        "event_offset, received_at, event_at, technology, sensor, parser, log_sources, unparsed, raw, raw_bytes, fields";

    /// <summary>The same columns without a row, for an archive without a segment.</summary>
    public const string NoRows = """
        SELECT 0::BIGINT AS event_offset, NULL::TIMESTAMPTZ AS received_at, NULL::TIMESTAMPTZ AS event_at, ''::VARCHAR AS technology,
               ''::VARCHAR AS sensor, ''::VARCHAR AS parser, ''::VARCHAR AS log_sources, ''::VARCHAR AS unparsed,
               ''::VARCHAR AS raw, ''::BLOB AS raw_bytes, NULL::MAP(VARCHAR, VARCHAR) AS fields, 0::BIGINT AS received_bytes,
               ''::VARCHAR AS reduced
        WHERE false
        """;

    /// <summary>A <c>SELECT</c> of all columns over segments of whatever version. At least one segment.</summary>
    public static string Rows(string folder, IReadOnlyList<SegmentEntry> segments) =>
        string.Join(
            " UNION ALL ",
            segments
                .GroupBy(segment => segment.Columns)
                .Select(group =>
                {
                    string files = string.Join(',', group.Select(s => Sql.Text(Path.Combine(folder, s.Name))));
                    string later =
                        group.Key == 1
                            ? "coalesce(strlen(raw), octet_length(raw_bytes))::BIGINT AS received_bytes, NULL::VARCHAR AS reduced"
                            : "received_bytes, reduced";
                    return $"SELECT {First}, {later} FROM read_parquet([{files}])";
                })
        );

    /// <summary>The schema.</summary>
    public static GroupNode Create()
    {
        LogicalType instant = LogicalType.Timestamp(isAdjustedToUtc: true, TimeUnit.Micros);
        Node Number(string name) =>
            new PrimitiveNode(name, Repetition.Required, LogicalType.Int(64, true), PhysicalType.Int64);
        Node Instant(string name) => new PrimitiveNode(name, Repetition.Required, instant, PhysicalType.Int64);
        Node Text(string name, Repetition repetition) =>
            new PrimitiveNode(name, repetition, LogicalType.String(), PhysicalType.ByteArray);
        Node entry = new GroupNode(
            "key_value",
            Repetition.Repeated,
            [Text("key", Repetition.Required), Text("value", Repetition.Optional)]
        );
        return new GroupNode(
            "event",
            Repetition.Required,
            [
                Number("event_offset"),
                Instant("received_at"),
                Instant("event_at"),
                Text("technology", Repetition.Required),
                Text("sensor", Repetition.Required),
                Text("parser", Repetition.Required),
                Text("log_sources", Repetition.Optional),
                Text("unparsed", Repetition.Optional),
                Text("raw", Repetition.Optional),
                new PrimitiveNode("raw_bytes", Repetition.Optional, LogicalType.None(), PhysicalType.ByteArray),
                new GroupNode("fields", Repetition.Required, [entry], LogicalType.Map()),
                Number("received_bytes"),
                Text("reduced", Repetition.Optional),
            ]
        );
    }

    /// <summary>Zstandard at its fastest level; a dictionary where values repeat, none where building one costs more than it saves.</summary>
    public static WriterProperties Properties()
    {
        using WriterPropertiesBuilder builder = new();
        builder
            .Compression(Compression.Zstd)
            .CompressionLevel(1)
            .CreatedBy("custodiet")
            .DataPagesize(1 << 20)
            .SetSizeStatisticsLevel(SizeStatisticsLevel.None);
        foreach (string path in (string[])["event_offset", "received_at", "event_at", "received_bytes"])
        {
            builder.DisableDictionary(path).Encoding(path, Encoding.DeltaBinaryPacked);
        }
        foreach (string path in (string[])["raw", "raw_bytes", "fields.key_value.value"])
        {
            builder.DisableDictionary(path).DisableStatistics(path);
        }
        builder.DisableStatistics("fields.key_value.key");
        return builder.Build();
    }
}
