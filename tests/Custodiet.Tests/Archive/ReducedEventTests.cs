using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Custodiet.Archive;
using Custodiet.Records.Events;
using DuckDB.NET.Data;

namespace Custodiet.Tests.Archive;

/// <summary>A reduced event leaves its row; segments of before there were reductions are read beside those of now.</summary>
public sealed class ReducedEventTests : IDisposable
{
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task ARowStaysWithoutBytesAndWithoutTheFieldsThatWereTaken()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        Event gone = fixture.Event(1);
        gone.Reduce("chatter", null);
        Event smaller = fixture.Event(2);
        smaller.Reduce("trim", field => fixture.Fields.NameOf(field) == "n");
        await ArchiveFixture.AppendAsync(archive, fixture.Event(0), gone, smaller);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Equal(3, archive.NextOffset);
        const string sql =
            "SELECT concat_ws('|', event_offset, sensor, coalesce(raw, 'none'), coalesce(fields['Image'], 'no image'), fields['n'], received_bytes, coalesce(reduced, 'whole')) AS x FROM events ORDER BY event_offset";
        string[] expected =
        [
            """0|WS-0|{"Image":"C:\\p0.exe","n":0}|C:\p0.exe|0|28|whole""",
            "1|WS-1|none|no image|28|chatter",
            "2|WS-2|none|no image|2|28|trim",
        ];
        Assert.Equal(expected, Read(archive, sql));
    }

    [Fact]
    public async Task SegmentsOfTheFirstVersionAreReadAndMergedWithThoseOfNow()
    {
        ArchiveOptions options = new() { CompactionSegmentsMin = 2 };
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.AppendAsync(archive, 0, 5);
            await archive.FlushAsync(ArchiveFixture.Cancellation);
        }
        MakeFirstVersion();
        await using (ParquetArchive archive = await fixture.OpenAsync(options))
        {
            Event gone = fixture.Event(5);
            gone.Reduce("chatter", null);
            await ArchiveFixture.AppendAsync(archive, gone);
            await archive.FlushAsync(ArchiveFixture.Cancellation);
            const string sql =
                "SELECT concat_ws('|', count(*), count(reduced), sum(received_bytes), count(raw)) AS x FROM events";
            Assert.Equal(["6|1|168|5"], Read(archive, sql));
            fixture.Clock.Advance(TimeSpan.FromHours(3));
            Assert.Equal(1, await archive.CompactAsync(ArchiveFixture.Cancellation));
            Assert.Single(archive.Segments);
            Assert.Equal(["6|1|168|5"], Read(archive, sql));
        }
    }

    /// <summary>The one column of a query over all segments, as queries see them.</summary>
    private static List<string> Read(ParquetArchive archive, string sql)
    {
        using SegmentLease lease = archive.Lease();
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        string rows = SegmentSchema.Rows(archive.Folder, lease.Segments);
        command.CommandText = $"WITH events AS ({rows}) {sql}";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> read = [];
        while (reader.Read())
        {
            read.Add(reader.GetString(0));
        }
        return read;
    }

    /// <summary>Rewrites the one segment and its line of the manifest as the first version wrote them.</summary>
    private void MakeFirstVersion()
    {
        string segment = Assert.Single(Directory.EnumerateFiles(fixture.ArchiveFolder, "*.parquet"));
        using (DuckDBConnection connection = new("DataSource=:memory:"))
        {
            connection.Open();
            using DuckDBCommand command = connection.CreateCommand();
            command.CommandText =
                $"COPY (SELECT * EXCLUDE (received_bytes, reduced) FROM read_parquet('{segment}')) TO '{segment}.v1' (FORMAT parquet)";
            command.ExecuteNonQuery();
        }
        File.Move(segment + ".v1", segment, overwrite: true);
        string manifest = Path.Combine(fixture.ArchiveFolder, "manifest.jsonl");
        string[] lines = File.ReadAllLines(manifest);
        JsonNode line = JsonNode.Parse(lines[0][17..])!;
        Assert.True(line["segment"]!.AsObject().Remove("columns"));
        string body = line.ToJsonString();
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))[..16];
        File.WriteAllLines(manifest, [$"{digest} {body}", .. lines[1..]]);
    }
}
