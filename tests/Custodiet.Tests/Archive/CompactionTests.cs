using Custodiet.Archive;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

public sealed class CompactionTests : IDisposable
{
    private const string All = "SELECT * FROM events ORDER BY event_offset";
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task AMergedSegmentHoldsExactlyWhatItReplacesSortedBySource()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        List<ArchivedSegment> announced = [];
        TaskCompletionSource merged = new();
        archive.SegmentArchived = (segment, _) =>
        {
            announced.Add(segment);
            if (segment.Replaces.Count > 0)
            {
                merged.TrySetResult();
            }
            return ValueTask.CompletedTask;
        };
        for (int i = 0; i < 5; i++)
        {
            await fixture.WriteAsync(archive, i * 20, 20);
        }
        IReadOnlyList<string> before = fixture.Read(All);
        IReadOnlyList<string> old = [.. archive.Segments.Select(s => s.Name)];
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await archive.CompactAsync(ArchiveFixture.Cancellation));

        Assert.Equal(before, fixture.Read(All));
        ArchivedSegment segment = Assert.Single(archive.Segments);
        Assert.Equal((0, 99, 100), (segment.FirstOffset, segment.LastOffset, segment.Events));
        Assert.Equal(old, segment.Replaces);
        Assert.Equal([segment.Name], fixture.Files());
        IReadOnlyList<string> sensors = fixture.Read("SELECT sensor FROM events");
        Assert.Equal(sensors.Order(StringComparer.Ordinal), sensors);
        await merged.Task.WaitAsync(ArchiveFixture.Cancellation);
        Assert.Equal(segment.Name, announced[^1].Name);
    }

    [Fact]
    public async Task SegmentsOfTheCurrentHourAreMergedOnlyWhenThereAreMany()
    {
        await using ParquetArchive archive = await fixture.OpenAsync(new ArchiveOptions { CompactionSegmentsMin = 4 });
        for (int i = 0; i < 3; i++)
        {
            await fixture.WriteAsync(archive, i, 1);
        }
        Assert.Equal(0, await archive.CompactAsync(ArchiveFixture.Cancellation));
        await fixture.WriteAsync(archive, 3, 1);
        Assert.Equal(1, await archive.CompactAsync(ArchiveFixture.Cancellation));
        await fixture.WriteAsync(archive, 4, 1);
        Assert.Equal([4, 1], archive.Segments.Select(s => s.Events));
    }

    [Fact]
    public async Task AFileThatAQueryReadsIsDeletedAfterIt()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        await fixture.WriteAsync(archive, 0, 2);
        await fixture.WriteAsync(archive, 2, 2);
        fixture.Clock.Advance(TimeSpan.FromHours(1));
        SegmentLease lease = archive.Lease();
        Assert.Equal(1, await archive.CompactAsync(ArchiveFixture.Cancellation));
        using SegmentLease later = archive.Lease();
        Assert.Equal(3, fixture.Files().Length);
        lease.Dispose();
        lease.Dispose();
        Assert.Single(fixture.Files());
    }

    [Fact]
    public void ARunNeverCrossesAnHourOrALargeSegmentOrTheLimits()
    {
        ArchiveOptions options = new() { CompactionEventsMax = 25, CompactionBelowRawBytes = 1000 };
        SegmentEntry Entry(int n, int hour, long events = 10, long raw = 10) =>
            new($"s{n}", "", n, n, events, 0, raw, 1, hour * 3_600_000_000L, hour * 3_600_000_000L, []);
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddHours(9);
        string Plan(params SegmentEntry[] segments) =>
            string.Join(',', CompactionPlan.Next(segments, options, now).Select(s => s.Name));
        Assert.Equal("s0,s1", Plan(Entry(0, 1), Entry(1, 1), Entry(2, 2)));
        Assert.Equal("s2,s3", Plan(Entry(0, 1), Entry(1, 1, raw: 1000), Entry(2, 1), Entry(3, 1)));
        Assert.Equal("s0,s1", Plan(Entry(0, 1), Entry(1, 1), Entry(2, 1)));
        Assert.Equal("", Plan(Entry(0, 1), Entry(1, 2), Entry(2, 3)));
        Assert.Equal("", Plan(Entry(0, 9), Entry(1, 9)));
        Assert.Equal("", Plan());
    }
}
