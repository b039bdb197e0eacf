using System.Text;
using Custodiet.Archive;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

public sealed class RetentionTests : IDisposable
{
    private const string Offsets = "SELECT event_offset FROM events ORDER BY event_offset";
    private static readonly ArchiveHold[] noHold = [];
    private readonly ArchiveFixture fixture = new();
    private readonly List<ArchiveDeletion> told = [];

    public static TheoryData<string> Steps =>
        new(Enum.GetValues<DiskStep>().Where(s => s != DiskStep.Delete).Select(s => s.ToString()));

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task EachSourceIsKeptAsLongAsTheFirstRuleThatFitsItSays()
    {
        await using ParquetArchive archive = await OpenAsync();
        await fixture.WriteAsync(archive, 0, 9);
        RetentionPolicy policy = new(
            [Rule("short", "WS-0", days: 1), Rule("long", "ws-?", days: 30), Rule("default", "*", days: null)],
            null
        );
        Assert.Equal(RetentionOutcome.Nothing, await RetainAsync(archive, policy));
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        RetentionOutcome outcome = await RetainAsync(archive, policy);

        Assert.Equal((1, 3, 0), (outcome.Deletions, outcome.Events, outcome.EventsHeld));
        ArchiveDeletion deletion = await ToldAsync(1);
        Assert.Equal((DeletionCause.Age, "short", 3L), (deletion.Cause, deletion.Rule, deletion.Events));
        Assert.Equal([new SourceCount(new SourceKey("windows-sysmon", "WS-0"), 3)], deletion.Sources);
        ArchivedSegment left = Assert.Single(archive.Segments);
        Assert.Equal(deletion.Replacement, left.Name);
        Assert.Equal((0, 8, 6), (left.FirstOffset, left.LastOffset, left.Events));
        await FilesAreAsync(left.Name);
        Assert.Equal(
            ["{'event_offset': 1}", "{'event_offset': 2}", "{'event_offset': 4}"],
            fixture.Read(Offsets).Take(3)
        );

        // What was looked at is not touched again, and the rest goes when its own time has come.
        Assert.Equal(RetentionOutcome.Nothing, await RetainAsync(archive, policy));
        fixture.Clock.Advance(TimeSpan.FromDays(29));
        Assert.Equal(6, (await RetainAsync(archive, policy)).Events);
        Assert.Empty(archive.Segments);
        await FilesAreAsync();
        Assert.Equal(9, archive.NextOffset);
    }

    [Fact]
    public async Task WhatIsLeftOverAfterDeletionIsThereAfterAStartAndGoesOn()
    {
        RetentionPolicy policy = new([Rule("short", "WS-0", days: 1), Rule("default", "*", days: null)], null);
        await using (ParquetArchive archive = await OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 9);
            await fixture.WriteAsync(archive, 9, 9);
            fixture.Clock.Advance(TimeSpan.FromDays(2));
            Assert.Equal(6, (await RetainAsync(archive, policy)).Events);
            await ToldAsync(2);
        }
        await using ParquetArchive again = await OpenAsync();
        Assert.Equal((18, 12), (again.NextOffset, again.Segments.Sum(s => s.Events)));
        // Two segments of one hour that has passed: they merge although events are missing between their ends.
        Assert.Equal(1, await again.CompactAsync(ArchiveFixture.Cancellation));
        ArchivedSegment merged = Assert.Single(again.Segments);
        Assert.Equal((0, 17, 12), (merged.FirstOffset, merged.LastOffset, merged.Events));
        await fixture.WriteAsync(again, 18, 2);
        Assert.Equal(14, fixture.Read(Offsets).Count);
    }

    [Fact]
    public async Task HeldEventsStayThroughAgeAndBudget()
    {
        await using ParquetArchive archive = await OpenAsync();
        await fixture.WriteAsync(archive, 0, 9);
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        ArchiveHold hold = new("h", new SourcePattern("*", "WS-1"), long.MinValue, long.MaxValue);
        RetentionPolicy policy = new([Rule("default", "*", days: 1)], 1);
        RetentionOutcome outcome = await archive.RetainAsync(policy, [hold], ArchiveFixture.Cancellation);

        Assert.Equal(6, outcome.Events);
        Assert.True(outcome.EventsHeld >= 3);
        Assert.True(outcome.OverBudget > 0);
        Assert.Equal(["{'sensor': WS-1}"], fixture.Read("SELECT DISTINCT sensor FROM events"));
        Assert.Equal(3, (await RetainAsync(archive, policy)).Events);
        Assert.Empty(archive.Segments);
    }

    [Fact]
    public async Task AHoldOfATimeKeepsWhatHappenedOrWasReceivedThen()
    {
        await using ParquetArchive archive = await OpenAsync();
        await fixture.WriteAsync(archive, 0, 20);
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        long start = EventTime.ToMicros(ArchiveFixture.Start);
        ArchiveHold hold = new("h", SourcePattern.All, start + 5_000, start + 7_000);
        await archive.RetainAsync(
            new RetentionPolicy([Rule("default", "*", days: 1)], null),
            [hold],
            ArchiveFixture.Cancellation
        );
        // Received at 5, 6, 7 ms; 8 and 9 happened at 7.5 and 8 ms, which is later than the hold's end.
        Assert.Equal(
            ["{'event_offset': 5}", "{'event_offset': 6}", "{'event_offset': 7}"],
            fixture.Read("SELECT event_offset FROM events ORDER BY event_offset").Take(3)
        );
        Assert.True(fixture.Read(Offsets).Count < 6);
    }

    [Fact]
    public async Task TheBudgetTakesTheOldestSegmentsAndNoMore()
    {
        await using ParquetArchive archive = await OpenAsync();
        for (int i = 0; i < 4; i++)
        {
            await fixture.WriteAsync(archive, i * 10, 10);
        }
        long each = archive.State.FileBytes / 4;
        RetentionPolicy policy = new([Rule("default", "*", days: null)], (each * 2) + (each / 2));
        RetentionOutcome outcome = await RetainAsync(archive, policy);
        Assert.Equal((2, 20, 0), (outcome.Deletions, outcome.Events, outcome.OverBudget));
        Assert.Equal([20, 30], archive.Segments.Select(s => s.FirstOffset));
        ArchiveDeletion deletion = await ToldAsync(2);
        Assert.Equal(
            (DeletionCause.Budget, "archive.bytes_max", (string?)null),
            (deletion.Cause, deletion.Rule, deletion.Replacement)
        );
    }

    [Fact]
    public async Task ABudgetOfOneRuleTakesOnlyItsOldestEvents()
    {
        await using ParquetArchive archive = await OpenAsync();
        for (int i = 0; i < 3; i++)
        {
            await fixture.WriteAsync(archive, i * 9, 9);
        }
        long bytes = archive.Segments.Sum(s => s.RawBytes) / 9;
        RetentionPolicy policy = new(
            [Rule("noisy", "WS-2", days: null) with { RawBytesMax = bytes + 20 }, Rule("default", "*", days: null)],
            null
        );
        RetentionOutcome outcome = await RetainAsync(archive, policy);
        Assert.Equal((2, 6), (outcome.Deletions, outcome.Events));
        Assert.Equal([6, 6, 9], archive.Segments.Select(s => s.Events));
        Assert.Equal(RetentionOutcome.Nothing, await RetainAsync(archive, policy));
    }

    [Fact]
    public async Task UnparsedEventsCanHaveARuleOfTheirOwn()
    {
        await using ParquetArchive archive = await OpenAsync();
        Event unparsed = fixture.Event(3);
        unparsed.Unparsed = UnparsedReason.NotRecognised;
        await ArchiveFixture.AppendAsync(archive, fixture.Event(0), fixture.Event(1), fixture.Event(2), unparsed);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        RetentionPolicy policy = new(
            [Rule("unparsed", "*", days: 1) with { Unparsed = true }, Rule("default", "*", days: null)],
            null
        );
        Assert.Equal(1, (await RetainAsync(archive, policy)).Events);
        ArchivedSegment left = Assert.Single(archive.Segments);
        Assert.Equal((3, 0), (left.Events, left.Unparsed));
    }

    [Fact]
    public async Task AFileGoesOnlyAfterItsDeletionWasHeardOf()
    {
        RetentionPolicy policy = new([Rule("default", "*", days: 1)], null);
        string name;
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 4);
            name = Assert.Single(archive.Segments).Name;
            fixture.Clock.Advance(TimeSpan.FromDays(2));
            Assert.Equal(4, (await RetainAsync(archive, policy)).Events);
            Assert.Empty(archive.Segments);
            Assert.Equal([name], fixture.Files());
        }
        await using ParquetArchive again = await fixture.OpenAsync();
        Assert.Equal([name], fixture.Files());
        again.SegmentArchived = (_, _) => ValueTask.CompletedTask;
        again.EventsDeleted = Hear;
        Assert.Equal(4, (await ToldAsync(1)).Events);
        await FilesAreAsync();
        Assert.Equal(4, again.NextOffset);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ACrashWhileDeletingLosesNothingThatIsKeptAndBringsNothingBack(string stepName)
    {
        DiskStep step = Enum.Parse<DiskStep>(stepName);
        RetentionPolicy policy = new([Rule("short", "WS-0", days: 1), Rule("default", "*", days: null)], null);
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 9);
            fixture.Clock.Advance(TimeSpan.FromDays(2));
            fixture.BeforeStep = (at, _) =>
            {
                if (at >= step)
                {
                    throw new IOException("The power is gone.");
                }
            };
            await Assert.ThrowsAsync<IOException>(async () => await RetainAsync(archive, policy));
        }
        fixture.BeforeStep = null;
        await using ParquetArchive again = await OpenAsync();
        Assert.Contains(again.Segments.Sum(s => s.Events), new long[] { 6, 9 });
        await RetainAsync(again, policy);
        ArchiveDeletion deletion = await ToldAsync(1);
        Assert.Equal(3, deletion.Events);
        ArchivedSegment left = Assert.Single(again.Segments);
        await FilesAreAsync(left.Name);
        Assert.Equal(
            ["{'c': 6, 'd': 6}"],
            fixture.Read("SELECT count(*) AS c, count(DISTINCT event_offset) AS d FROM events")
        );
        Assert.Equal(9, again.NextOffset);
    }

    [Fact]
    public async Task APersonIsFoundAsAWholeWordInTextAndInValues()
    {
        await using ParquetArchive archive = await OpenAsync();
        Event[] events =
        [
            Named(0, """{"user":"ACME\\j.doe"}""", "user", @"ACME\j.doe"),
            Named(1, """{"user":"j.doering"}""", "user", "j.doering"),
            Named(2, """{"user":"J\u00fcrgen Groß"}""", "user", "Jürgen Groß"),
            Named(3, "sudo: J.DOE : TTY=pts/0", "user", "none"),
            Named(4, """{"user":"xj.doe"}""", "user", "xj.doe"),
        ];
        await ArchiveFixture.AppendAsync(archive, events);
        ArchiveHold[] none = [];
        string[] person = ["j.doe", "jürgen groß"];
        RetentionOutcome preview = await archive.CountNamedAsync(person, none, ArchiveFixture.Cancellation);
        Assert.Equal((3, 5), (preview.Events, archive.Segments.Sum(s => s.Events)));
        ArchiveHold hold = new("h", new SourcePattern("*", "WS-2"), long.MinValue, long.MaxValue);
        RetentionOutcome held = await archive.EraseAsync("e1", person, [hold], ArchiveFixture.Cancellation);
        Assert.Equal((2, 1), (held.Events, held.EventsHeld));
        Assert.Equal(1, (await archive.EraseAsync("e2", person, none, ArchiveFixture.Cancellation)).Events);
        ArchiveDeletion deletion = await ToldAsync(2);
        Assert.Equal((DeletionCause.Erasure, "e2"), (deletion.Cause, deletion.Rule));
        await FilesAreAsync(Assert.Single(archive.Segments).Name);
        Assert.Equal(["{'event_offset': 1}", "{'event_offset': 4}"], fixture.Read(Offsets));
    }

    [Fact]
    public async Task AQueryThatBeganBeforeADeletionReadsOn()
    {
        await using ParquetArchive archive = await OpenAsync();
        await fixture.WriteAsync(archive, 0, 4);
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        SegmentLease lease = archive.Lease();
        string name = Assert.Single(lease.Segments).Name;
        await RetainAsync(archive, new RetentionPolicy([Rule("default", "*", days: 1)], null));
        await ToldAsync(1);
        await FilesAreAsync(name);
        lease.Dispose();
        await FilesAreAsync();
    }

    [Theory]
    [InlineData(null, null, RunwayEnd.Disk, 10)]
    [InlineData(5.0, null, RunwayEnd.Age, null)]
    [InlineData(20.0, null, RunwayEnd.Disk, 10)]
    [InlineData(null, 300L, RunwayEnd.Budget, 2)]
    public void TheRunwayLooksAheadAtThePresentRate(double? keepDays, long? budget, RunwayEnd end, int? days)
    {
        DateTimeOffset now = ArchiveFixture.Start;
        // 100 bytes arrived yesterday and nothing before; 1,000 are free.
        (long, long)[] segments = [(EventTime.ToMicros(now.AddMinutes(-1)), 100)];
        RetentionPolicy policy = new([Rule("default", "*", keepDays)], budget);
        Runway runway = Runway.Of(segments, EventTime.ToMicros(now.AddDays(-1)), policy, 1_000, now);
        Assert.Equal((end, days), (runway.End, runway.Left is { } left ? (int)Math.Round(left.TotalDays) : null));
        Assert.Equal(100, runway.BytesPerDay!.Value, 3);
        Assert.Equal(
            RunwayEnd.Unknown,
            Runway.Of(segments, EventTime.ToMicros(now.AddMinutes(-5)), policy, 1_000, now).End
        );
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("dc-??", "DC-01", true)]
    [InlineData("dc-??", "dc-001", false)]
    [InlineData("*-prod-*", "web-prod-7", true)]
    [InlineData("*a*b", "aXbXb", true)]
    [InlineData("*a*b", "aXbXc", false)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    [InlineData("100%_\\", "100%_\\", true)]
    public async Task PatternsMeanTheSameInMemoryAndInTheArchive(string pattern, string sensor, bool fits)
    {
        SourcePattern sources = new("*", pattern);
        Assert.Equal(fits, sources.Matches(new SourceKey("t", sensor)));
        await using ParquetArchive archive = await OpenAsync();
        Event item = fixture.Event(0);
        item.Source = fixture.Sources.Intern(new SourceKey("t", sensor));
        await ArchiveFixture.AppendAsync(archive, item);
        await archive.FlushAsync(ArchiveFixture.Cancellation);
        fixture.Clock.Advance(TimeSpan.FromDays(2));
        RetentionPolicy policy = new(
            [new RetentionRule("some", sources, null, TimeSpan.FromDays(1), null), Rule("default", "*", days: null)],
            null
        );
        Assert.Equal(fits ? 1 : 0, (await RetainAsync(archive, policy)).Events);
    }

    private static RetentionRule Rule(string name, string sensor, double? days) =>
        new(name, new SourcePattern("*", sensor), null, days is { } some ? TimeSpan.FromDays(some) : null, null);

    private static ValueTask<RetentionOutcome> RetainAsync(ParquetArchive archive, RetentionPolicy policy) =>
        archive.RetainAsync(policy, noHold, ArchiveFixture.Cancellation);

    private Event Named(long offset, string raw, string field, string value)
    {
        Event item = fixture.Event(offset);
        item.Clear();
        item.Offset = offset;
        item.ReceivedMicros = EventTime.ToMicros(ArchiveFixture.Start);
        item.EventMicros = item.ReceivedMicros;
        item.Source = fixture.Sources.Intern(new SourceKey("test", $"WS-{offset}"));
        item.LogSources = LogSourceTable.Unrouted;
        item.Parser = "test";
        item.Raw = Encoding.UTF8.GetBytes(raw);
        fixture.Add(item, field, value);
        return item;
    }

    private async Task<ParquetArchive> OpenAsync()
    {
        ParquetArchive archive = await fixture.OpenAsync();
        archive.SegmentArchived = (_, _) => ValueTask.CompletedTask;
        archive.EventsDeleted = Hear;
        return archive;
    }

    private ValueTask Hear(ArchiveDeletion deletion, CancellationToken cancellation)
    {
        lock (told)
        {
            told.Add(deletion);
        }
        return ValueTask.CompletedTask;
    }

    private async Task<ArchiveDeletion> ToldAsync(int count)
    {
        while (true)
        {
            lock (told)
            {
                if (told.Count >= count)
                {
                    return told[count - 1];
                }
            }
            await Task.Delay(5, ArchiveFixture.Cancellation);
        }
    }

    private async Task FilesAreAsync(params string[] names)
    {
        for (int i = 0; i < 1_000 && !fixture.Files().SequenceEqual(names); i++)
        {
            await Task.Delay(5, ArchiveFixture.Cancellation);
        }
        Assert.Equal(names, fixture.Files());
    }
}
