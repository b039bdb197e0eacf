using System.Net;
using Custodiet.Ledger;
using Custodiet.Ledger.Anchors;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Verification;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Ledger;

public sealed class LedgerFollowerTests : IDisposable
{
    private readonly LedgerSome some = new();
    private readonly HttpClient http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AnchorConfiguration Outside => new(AnchorKind.File, Path.Combine(some.Root, "outside.txt"));

    public void Dispose()
    {
        some.Dispose();
        http.Dispose();
    }

    [Fact]
    public async Task TheLogFollowsTheStoreAndEverythingIsSignedAndCopiedAtAStop()
    {
        RecordsDouble store = new(LedgerSome.Records(3_000));
        using TileLog log = await some.OpenAsync();
        using CheckpointAnchors anchors = new([Outside], http, some.Time);
        LedgerFollower follower = new(store, log, anchors, some.Time);
        Assert.Null(await follower.CheckAsync(whole: true, Cancellation));
        using CancellationTokenSource stop = new();
        Task running = follower.RunAsync(stop.Token);
        store.Add(LedgerSome.Records(500));
        await stop.CancelAsync();
        await running;
        Assert.Equal((3_500, 3_500), (log.State.Size, log.State.SignedSize));
        Assert.Equal(3_500, Assert.Single(anchors.States).CopiedSize);
        Assert.True((await LedgerVerifier.VerifyDirectoryAsync(some.Folder, log.Verifier, null, Cancellation)).Holds);
        Assert.Null(store.Refusal);
    }

    [Fact]
    public async Task AStoreThatLostRecordsIsMadeToRefuseByWhatWasCopiedOutside()
    {
        List<SealedRecord> records = LedgerSome.Records(10);
        using (TileLog log = await some.OpenAsync())
        using (CheckpointAnchors anchors = new([Outside], http, some.Time))
        {
            using CancellationTokenSource stopped = new();
            await stopped.CancelAsync();
            await new LedgerFollower(new RecordsDouble(records), log, anchors, some.Time).RunAsync(stopped.Token);
        }
        // The whole ledger folder is lost or restored; only the copy outside still knows.
        foreach (string part in (string[])["checkpoint", "tile"])
        {
            string path = Path.Combine(some.Folder, part);
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
        RecordsDouble shorter = new(records.GetRange(0, 9));
        using TileLog again = await some.OpenAsync();
        using CheckpointAnchors same = new([Outside], http, some.Time);
        string? refusal = await new LedgerFollower(shorter, again, same, some.Time).CheckAsync(
            whole: false,
            Cancellation
        );
        Assert.NotNull(refusal);
        Assert.Equal(refusal, shorter.Refusal);
    }

    [Fact]
    public async Task ALogBehindAUrlIsVerifiedLikeAFolder()
    {
        await some.WriteAsync(LedgerSome.Envelopes(LedgerSome.Records(300)));
        using TileLog log = await some.OpenAsync();
        using HttpClient client = new(new FolderServer(some.Folder));
        Uri prefix = new("https://soc.example/ledger");
        LedgerVerification found = await LedgerVerifier.VerifyUrlAsync(
            client,
            prefix,
            log.Verifier,
            null,
            Cancellation
        );
        Assert.Empty(found.Mismatches);
        Assert.Equal(300, found.Entries);
        File.Delete(Path.Combine(some.Folder, TilePath.Hashes(0, 0)));
        Assert.Equal(
            [TilePath.Hashes(0, 0)],
            (await LedgerVerifier.VerifyUrlAsync(client, prefix, log.Verifier, null, Cancellation)).Mismatches.Select(
                mismatch => mismatch.Where
            )
        );
    }

    private sealed class FolderServer(string folder) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            string path = request.RequestUri!.AbsolutePath["/ledger/".Length..];
            Assert.True(TilePath.IsServed(path));
            string file = Path.Combine(folder, path);
            return Task.FromResult(
                File.Exists(file)
                    ? new HttpResponseMessage(HttpStatusCode.OK)
                    {
                        Content = new ByteArrayContent(File.ReadAllBytes(file)),
                    }
                    : new HttpResponseMessage(HttpStatusCode.NotFound)
            );
        }
    }

    /// <summary>The part of a record store that the follower uses.</summary>
    private sealed class RecordsDouble(List<SealedRecord> records) : IRecordStore
    {
        private readonly Lock gate = new();

        public string? Refusal { get; private set; }

        public event Action<long>? Committed;

        public long Count
        {
            get
            {
                lock (gate)
                {
                    return records.Count;
                }
            }
        }

        public void Add(List<SealedRecord> more)
        {
            lock (gate)
            {
                records.AddRange(more);
            }
            Committed?.Invoke(Count);
        }

        public ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(
            long fromIndex,
            int limit,
            CancellationToken cancellation
        )
        {
            cancellation.ThrowIfCancellationRequested();
            lock (gate)
            {
                return ValueTask.FromResult<IReadOnlyList<StoredRecord>>([
                    .. records
                        .Skip((int)fromIndex)
                        .Take(limit)
                        .Select((record, i) => new StoredRecord(fromIndex + i, record, Erased: false)),
                ]);
            }
        }

        public void Refuse(string reason) => Refusal = reason;

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation) =>
            throw new NotSupportedException();

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

        public ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<BatchKey>> KeysAsync(
            long sinceMicros,
            int limit,
            CancellationToken cancellation
        ) => throw new NotSupportedException();
    }
}
