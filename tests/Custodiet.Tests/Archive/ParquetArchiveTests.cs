using System.Security.Cryptography;
using System.Text;
using Custodiet.Archive;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

public sealed class ParquetArchiveTests : IDisposable
{
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task WhatWasAddedIsReadBack()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        await fixture.WriteAsync(archive, 0, 3);
        string row = Assert.Single(
            fixture.Read(
                "SELECT concat_ws('|', received_at, event_at, technology, sensor, parser, log_sources, unparsed, raw, raw_bytes, replace(CAST(fields AS VARCHAR), chr(92), '/')) AS x FROM events WHERE event_offset = 1"
            )
        );
        Assert.Contains(
            "2026-03-01 10:00:00.001+00|2026-03-01 10:00:00.0005+00|windows-sysmon|WS-1|windows-sysmon|windows/process_creation/*|{",
            row,
            StringComparison.Ordinal
        );
        Assert.Contains("n=1", row, StringComparison.Ordinal);
        Assert.Contains("p1.exe", row, StringComparison.Ordinal);
        Assert.Equal(3, archive.NextOffset);
    }

    [Fact]
    public async Task StrangeValuesComeBackAsTheyAreOrSayWhatTheyWere()
    {
        Event item = fixture.Event(0);
        item.Clear();
        item.Parser = "p";
        item.Source = fixture.Sources.Intern(new SourceKey("t", "s"));
        item.Raw = Encoding.UTF8.GetBytes("{\"a\":\"b\0c\"}");
        fixture.Add(item, "nul", "b\0c");
        fixture.Add(item, "empty", "");
        fixture.Add(item, "null", "", FieldKind.Null);
        fixture.Add(item, "emoji", "😀ß");
        fixture.Add(item, "long", new string('x', 300_000));
        fixture.Add(item, "quote\"'", "q");
        item.Add(fixture.Fields.Intern("broken"), [0xC3], FieldKind.Text);
        item.Add(fixture.Fields.Intern("rest"), [0xB6, 0x41], FieldKind.Text);
        item.Add(FieldTable.None, "lost"u8, FieldKind.Text);
        await using ParquetArchive archive = await fixture.OpenAsync();
        await ArchiveFixture.AppendAsync(archive, item);
        await archive.FlushAsync(ArchiveFixture.Cancellation);

        // C3 B6 together are ö, but they are two values here: each alone is invalid and is replaced as UTF-8 decoders do.
        Assert.Equal(
            ["(true, true, true, 😀ß, 300000, q, �, �A, 8)"],
            fixture
                .Read(
                    "SELECT (fields['nul'] = chr(98) || chr(0) || chr(99), fields['empty'] = '', map_contains(fields, 'null') AND fields['null'] IS NULL, fields['emoji'], strlen(fields['long']), fields['quote\"'''], fields['broken'], fields['rest'], cardinality(fields)) AS y FROM events"
                )
                .Select(r => r.Replace("{'y': ", "", StringComparison.Ordinal).TrimEnd('}'))
        );
    }

    [Fact]
    public async Task BytesThatAreNotUtf8AreKeptAsBytes()
    {
        Event item = fixture.Event(0);
        item.Raw = new byte[] { 0x7B, 0xFF, 0xFE, 0x7D };
        item.Unparsed = UnparsedReason.NotUtf8;
        await using ParquetArchive archive = await fixture.OpenAsync();
        await ArchiveFixture.AppendAsync(archive, item);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Equal(
            ["{'raw': NULL, 'h': 7BFFFE7D, 'unparsed': not-utf8}"],
            fixture.Read("SELECT raw, hex(raw_bytes) AS h, unparsed FROM events")
        );
        Assert.Equal(1, archive.Segments[0].Unparsed);
    }

    [Fact]
    public async Task AFieldWithSeveralValuesBecomesAJsonArray()
    {
        Event item = fixture.Event(0);
        fixture.Add(item, "ip", "10.0.0.1");
        fixture.Add(item, "n", "0x1F", FieldKind.Number);
        fixture.Add(item, "ip", "a\"b");
        fixture.Add(item, "ip", "true", FieldKind.True);
        fixture.Add(item, "ip", "", FieldKind.Null);
        fixture.Add(item, "ip", "1e5", FieldKind.Number);
        await using ParquetArchive archive = await fixture.OpenAsync();
        // The next event has the same names once each: nothing of the first may carry over.
        await ArchiveFixture.AppendAsync(archive, item, fixture.Event(1));
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Equal(
            [
                """{'x': '["10.0.0.1","a\\"b",true,null,1e5]', 'n': '[0,"0x1F"]', 'c': 3}""",
                "{'x': NULL, 'n': 1, 'c': 2}",
            ],
            fixture.Read(
                "SELECT fields['ip'] AS x, fields['n'] AS n, cardinality(fields) AS c FROM events ORDER BY event_offset"
            )
        );
    }

    [Fact]
    public async Task AnEventWithoutFieldsAndManyRowGroupsKeepTheirPlaces()
    {
        await using ParquetArchive archive = await fixture.OpenAsync(new ArchiveOptions { SegmentEventsMax = 200_000 });
        Event item = fixture.Event(0);
        for (int first = 0; first < 70_000; first += 7_000)
        {
            IArchiveChunk chunk = archive.NewChunk();
            for (int i = first; i < first + 7_000; i++)
            {
                item.Clear();
                item.Offset = i;
                item.Parser = "p";
                item.Source = fixture.Sources.Intern(new SourceKey("t", "s"));
                if (i % 5 != 0)
                {
                    fixture.Add(item, $"f{i % 50}", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
                }
                chunk.Add(item);
            }
            await archive.AppendAsync(chunk, ArchiveFixture.Cancellation);
        }
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Equal(
            ["{'c': 70000, 'e': 14000, 'wrong': 0}"],
            fixture.Read(
                """
                SELECT count(*) AS c, count(*) FILTER (WHERE cardinality(fields) = 0) AS e,
                       count(*) FILTER (WHERE (event_offset % 5 <> 0) AND fields['f' || (event_offset % 50)] IS DISTINCT FROM CAST(event_offset AS VARCHAR)) AS wrong
                FROM events
                """
            )
        );
        Assert.Single(archive.Segments);
    }

    [Fact]
    public async Task ASegmentIsWrittenWhenItsTimeHasCome()
    {
        TaskCompletionSource<ArchivedSegment> archived = new();
        await using ParquetArchive archive = await fixture.OpenAsync();
        archive.SegmentArchived = (segment, _) =>
        {
            archived.TrySetResult(segment);
            return ValueTask.CompletedTask;
        };
        await fixture.AppendAsync(archive, 0, 2);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, archive.NextOffset);
        fixture.Clock.Advance(TimeSpan.FromSeconds(0.2));
        ArchivedSegment segment = await archived.Task.WaitAsync(ArchiveFixture.Cancellation);
        Assert.Equal((0, 1, 2), (segment.FirstOffset, segment.LastOffset, segment.Events));
        string file = Path.Combine(fixture.ArchiveFolder, segment.Name);
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, ArchiveFixture.Cancellation))),
            segment.Sha256
        );
    }

    [Fact]
    public async Task ASegmentIsWrittenWhenItIsFull()
    {
        TaskCompletionSource archived = new();
        await using ParquetArchive archive = await fixture.OpenAsync(new ArchiveOptions { SegmentEventsMax = 10 });
        archive.SegmentArchived = (_, _) =>
        {
            archived.TrySetResult();
            return ValueTask.CompletedTask;
        };
        await fixture.AppendAsync(archive, 0, 10);
        await archived.Task.WaitAsync(ArchiveFixture.Cancellation);
        Assert.Equal(10, archive.NextOffset);
    }

    [Fact]
    public async Task AChunkOutOfOrderIsRefused()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        await fixture.AppendAsync(archive, 0, 2);
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.AppendAsync(archive, 3, 1));
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.AppendAsync(archive, 1, 1));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            ArchiveFixture.AppendAsync(archive, fixture.Event(2), fixture.Event(4))
        );
        await fixture.AppendAsync(archive, 2, 1);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Equal(3, archive.NextOffset);
    }

    [Fact]
    public async Task WhatWasPendingIsWrittenWhenTheArchiveCloses()
    {
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.AppendAsync(archive, 0, 5);
        }
        await using ParquetArchive again = await fixture.OpenAsync();
        Assert.Equal(5, again.NextOffset);
    }

    [Fact]
    public async Task WhenTheDiskIsFullAppendsWaitAndNothingIsLostOrReordered()
    {
        bool full = true;
        fixture.BeforeStep = (step, _) =>
        {
            if (full && step is DiskStep.Write)
            {
                throw new IOException("No space left on device");
            }
        };
        await using ParquetArchive archive = await fixture.OpenAsync(
            new ArchiveOptions { UnwrittenBytesMax = 100_000 }
        );
        await fixture.AppendAsync(archive, 0, 10);
        IOException told = await Assert.ThrowsAsync<IOException>(() =>
            archive.FlushAsync(ArchiveFixture.Cancellation).AsTask()
        );
        Assert.Contains("No space left on device", told.Message, StringComparison.Ordinal);
        Assert.Equal(told.Message, archive.State.Failure);
        Assert.Equal(0, archive.NextOffset);

        long next = 10;
        Task append = Task.CompletedTask;
        while (append.IsCompleted && next < 1000)
        {
            append = fixture.AppendAsync(archive, next, 10);
            next += 10;
        }
        Assert.False(append.IsCompleted);
        Assert.Equal(1, archive.State.Waits);

        full = false;
        while (!append.IsCompleted)
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await append;
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        Assert.Null(archive.State.Failure);
        Assert.True(archive.State.WriteFailures >= 1);
        Assert.Equal(
            [$"{{'c': {next}, 'd': {next}, 'm': {next - 1}}}"],
            fixture.Read("SELECT count(*) AS c, count(DISTINCT event_offset) AS d, max(event_offset) AS m FROM events")
        );
    }

    [Fact]
    public async Task WhenAnAnnouncementFailsTheArchiveStopsAndSaysWhy()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        archive.SegmentArchived = (_, _) => throw new InvalidOperationException("the ledger refuses");
        await fixture.AppendAsync(archive, 0, 1);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        InvalidOperationException stopped = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            for (int i = 1; i < 1000; i++)
            {
                await fixture.WriteAsync(archive, i, 1);
            }
        });
        Assert.Contains("the ledger refuses", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("the ledger refuses", archive.State.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWasNotAnnouncedIsAnnouncedAfterTheNextStart()
    {
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 2);
            await fixture.WriteAsync(archive, 2, 2);
        }
        List<string> names = [];
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            archive.SegmentArchived = (segment, _) =>
            {
                names.Add(segment.Name);
                return ValueTask.CompletedTask;
            };
            await fixture.WriteAsync(archive, 4, 1);
        }
        Assert.Equal(
            [
                "events-000000000000-000000000001.parquet",
                "events-000000000002-000000000003.parquet",
                "events-000000000004-000000000004.parquet",
            ],
            names
        );
        await using ParquetArchive third = await fixture.OpenAsync();
        third.SegmentArchived = (segment, _) => throw new InvalidOperationException(segment.Name);
        await fixture.AppendAsync(third, 5, 1);
        Assert.Null(third.State.Failure);
    }
}
