using System.Net;
using Custodiet.Documents;
using Custodiet.Embedded;
using Custodiet.Inputs;
using Custodiet.Ledger.Envelopes;
using Custodiet.Pipeline.Sources;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Inputs;

/// <summary>Quotas, and what becomes of the counts of what was shed.</summary>
public sealed class SheddingTests : IDisposable
{
    private static readonly IPAddress address = IPAddress.Parse("192.0.2.7");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-shed-");
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void AQuotaLetsABurstThroughAndThenItsRate()
    {
        SenderBook book = new(time);
        book.Use(Declared("senders: [{name: a, from: 192.0.2.0/24, events_per_second_max: 10}]"));
        Sender sender = book.Of("syslog-udp", address);
        Assert.Equal(50, Enumerable.Range(0, 100).Count(_ => sender.TryTake(100)));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => sender.TryTake(100)));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Enumerable.Range(0, 100).Count(_ => sender.TryTake(100)));
        // Another address has a quota of its own, and one outside the network has none.
        Assert.True(book.Of("syslog-udp", IPAddress.Parse("192.0.2.8")).TryTake(100));
        Assert.All(
            Enumerable.Range(0, 1_000),
            _ => Assert.True(book.Of("syslog-udp", IPAddress.Loopback).TryTake(100))
        );
    }

    [Fact]
    public void WhoCanWaitOverdrawsAndIsToldHowLongToWait()
    {
        SenderBook book = new(time);
        Sender sender = book.Of("http", address);
        Assert.Equal(TimeSpan.Zero, sender.Owes());
        book.Use(Declared("senders: [{name: a, from: [192.0.2.7], inputs: [http], bytes_per_second_max: 1 kB}]"));
        sender.Charge(10, 5_000);
        Assert.Equal(TimeSpan.Zero, sender.Owes());
        sender.Charge(10, 3_000);
        Assert.Equal(TimeSpan.FromSeconds(3), sender.Owes());
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.Zero, sender.Owes());
        Assert.Equal(TimeSpan.Zero, book.Of("syslog-tcp", address).Owes());
    }

    [Fact]
    public async Task WhatWasShedIsRecordedOnceAMinuteAndLowersItsSourcesForADay()
    {
        SourceKey own = new("linux-sshd", "web-1");
        SourceKey elsewhere = new("linux-sshd", "web-2");
        SenderBook book = new(time);
        await using SqliteRecords records = await SqliteRecords.OpenAsync(
            Path.Combine(folder.FullName, "records.db"),
            EnvelopeSealer.Seal,
            time,
            Stop
        );
        Shedding shedding = new(book, records, time);
        shedding.Learn("syslog-udp 192.0.2.7", [own]);
        shedding.Learn("syslog-udp 192.0.2.9", [elsewhere]);
        book.Of("syslog-udp", address).Shed(ShedReason.QueueFull, 70);
        time.Advance(TimeSpan.FromSeconds(20));
        book.Of("syslog-udp", address).Shed(ShedReason.QueueFull, 30);
        await shedding.RecordAsync(Stop);
        await shedding.RecordAsync(Stop);

        StoredRecord record = Assert.Single(await records.ReadStreamAsync("shedding/2026-03-02", 10, Stop));
        EventsShed body = Assert.IsType<EventsShed>(RecordBodyJson.Deserialize(record.Sealed.Body.Span));
        Assert.Equal(("192.0.2.7", 100L, TimeSpan.FromSeconds(20)), (body.Sender, body.Events, body.To - body.From));
        Assert.Equal(100, shedding.LossOf(own)!.Events);
        Assert.Null(shedding.LossOf(elsewhere));
        // Whose datagrams the kernel drops, nobody knows: everybody's who sends there.
        book.Of("syslog-udp", null).Shed(ShedReason.KernelBuffer, 5);
        await shedding.RecordAsync(Stop);
        Assert.Equal((105, 5), (shedding.LossOf(own)!.Events, shedding.LossOf(elsewhere)!.Events));

        // After a start the records say it, as soon as the sender is heard again.
        time.Advance(TimeSpan.FromHours(20));
        Shedding again = new(new SenderBook(time), records, time);
        await again.LoadAsync(Stop);
        Assert.Null(again.LossOf(own));
        again.Learn("syslog-udp 192.0.2.7", [own]);
        Assert.Equal(105, again.LossOf(own)!.Events);
        time.Advance(TimeSpan.FromHours(5));
        Assert.Null(again.LossOf(own));
    }

    [Fact]
    public async Task WhatTheStoreRefusesIsRecordedLaterAndManySendersShareTheLastRecord()
    {
        SenderBook book = new(time);
        RefusingRecords records = new();
        Shedding shedding = new(book, records, time);
        for (int i = 0; i < Shedding.RecordsPerRoundMax + 50; i++)
        {
            book.Of("syslog-udp", new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]))
                .Shed(ShedReason.QueueFull, i + 1);
        }
        await shedding.RecordAsync(Stop);
        records.Refuses = false;
        await shedding.RecordAsync(Stop);
        EventsShed[] bodies = [.. records.Drafts.Select(d => (EventsShed)d.Body)];
        Assert.Equal(Shedding.RecordsPerRoundMax + 1, bodies.Length);
        Assert.Equal(Enumerable.Range(1, Shedding.RecordsPerRoundMax + 50).Sum(), bodies.Sum(b => b.Events));
        Assert.Equal(50 * 51 / 2, bodies.Single(b => b.Sender == SenderBook.Others).Events);
    }

    [Theory]
    [InlineData("senders: [{name: a, from: 300.1.1.1}]", "sources.address")]
    [InlineData("senders: [{name: a, from: 10.0.0.1, criticality: huge}]", "sources.word")]
    [InlineData("senders: [{name: a}]", "sources.missing")]
    [InlineData("senders: [{name: a, from: 10.0.0.1}, {name: a, from: 10.0.0.2}]", "sources.duplicate")]
    [InlineData("sources: [{name: a, keep: 5 years}]", "sources.keep")]
    [InlineData("sources: [{name: a, bytes_max: 5}]", "sources.bytes")]
    [InlineData("sources: [{name: a, keep: 5d, colour: red}]", "sources.unknown-key")]
    [InlineData("sources: [{name: a}]", "sources.nothing")]
    [InlineData("title: nothing", "sources.empty")]
    public void WhatIsWrongWithADeclarationIsSaidWithItsPlace(string yaml, string code)
    {
        SourceDeclarationsLoad load = SourceDeclarations.Load([new SourceText("ours.yml", yaml)]);
        Assert.Equal(code, Assert.Single(load.Problems).Code);
        Assert.Equal("ours.yml", load.Problems[0].Position.File);
        Assert.True(load.Problems[0].Position.Line > 0);
    }

    private static IReadOnlyList<SenderDeclaration> Declared(string yaml)
    {
        SourceDeclarationsLoad load = SourceDeclarations.Load([new SourceText("ours.yml", yaml)]);
        Assert.Empty(load.Problems);
        return load.Declarations.Senders;
    }

    private sealed class RefusingRecords : IRecordStore
    {
        public bool Refuses { get; set; } = true;

        public List<RecordDraft> Drafts { get; } = [];

        public long Count => Drafts.Count;

        public event Action<long>? Committed
        {
            add { }
            remove { }
        }

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation)
        {
            if (Refuses)
            {
                return new(new AppendOutcome.Refused("full"));
            }
            Drafts.AddRange(request.Drafts);
            return new(new AppendOutcome.Appended(0, []));
        }

        public ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(
            long fromIndex,
            int limit,
            CancellationToken cancellation
        ) => throw new NotSupportedException();

        public ValueTask<StoredRecord?> FindAsync(RecordId id, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<StoredRecord>> ReadStreamAsync(
            string stream,
            int limit,
            CancellationToken cancellation
        ) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<StoredFinding>> FindingsAfterAsync(
            long sequence,
            int limit,
            CancellationToken cancellation
        ) => throw new NotSupportedException();

        public void Refuse(string reason) => throw new NotSupportedException();

        public ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<BatchKey>> KeysAsync(
            long sinceMicros,
            int limit,
            CancellationToken cancellation
        ) => throw new NotSupportedException();
    }
}
