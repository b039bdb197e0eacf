using Custodiet.Ledger;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Envelopes;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Ledger;

/// <summary>A ledger in a temporary folder, and records for it.</summary>
internal sealed class LedgerSome : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 24, 4, 0, 0, TimeSpan.Zero);

    public LedgerSome()
    {
        Root = Directory.CreateTempSubdirectory("custodiet-ledger-").FullName;
        Key = LedgerKey.OpenOrCreate(Path.Combine(Root, "keys", "ledger.key"));
    }

    public string Root { get; }

    public string Folder => Path.Combine(Root, "ledger");

    public LedgerKey Key { get; }

    public FakeTimeProvider Time { get; } = new(Start);

    public static SealedRecord Record(int number) =>
        EnvelopeSealer.Seal(
            new RecordDraft(
                new ServiceStarted($"0.1.{number}", AfterCleanStop: true),
                "service/this",
                ActorId.Service,
                Start.AddSeconds(number)
            ),
            Start.AddSeconds(number)
        );

    public static List<SealedRecord> Records(int count) => [.. Enumerable.Range(0, count).Select(Record)];

    public static List<ReadOnlyMemory<byte>> Envelopes(IEnumerable<SealedRecord> records) =>
        [.. records.Select(record => record.Envelope)];

    public static EnvelopeReader ReaderOf(IReadOnlyList<ReadOnlyMemory<byte>> envelopes) =>
        (from, limit, _) =>
            ValueTask.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>([.. envelopes.Skip((int)from).Take(limit)]);

    public ValueTask<TileLog> OpenAsync() =>
        TileLog.OpenAsync(Folder, Key, Time, TestContext.Current.CancellationToken);

    /// <summary>Makes a signed log of these envelopes and closes it.</summary>
    public async Task<NoteVerifier> WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        using TileLog log = await OpenAsync();
        Assert.Null(await log.IntegrateAsync(0, envelopes, TestContext.Current.CancellationToken));
        Assert.NotNull(await log.SignAsync(TestContext.Current.CancellationToken));
        return log.Verifier;
    }

    public void Dispose()
    {
        Key.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}
