using System.Text;
using Custodiet.Ledger;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Envelopes;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Tree;
using Custodiet.Ledger.Verification;
using Custodiet.Records.Ledger;

namespace Custodiet.Tests.Ledger;

public sealed class TileLogTests : IDisposable
{
    private readonly LedgerSome some = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => some.Dispose();

    // The examples of C2SP tlog-tiles: index 1234067 is x001/x234/067.
    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(2, 0, 1, "tile/2/000.p/1")]
    [InlineData(1, 1000, 17, "tile/1/x001/000.p/17")]
    public void PathsAreThoseOfTheSpecification(int level, long index, int width, string expected)
    {
        Assert.Equal(expected, TilePath.Hashes(level, index, width));
        Assert.True(TilePath.IsServed(expected));
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("../keys/ledger.key")]
    [InlineData("tile/0/../../origin")]
    [InlineData("tile/0/00")]
    [InlineData("tile/64/000")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.tmp")]
    [InlineData("tile/00/000")]
    [InlineData("tile//000")]
    [InlineData("tile/0/x001/")]
    [InlineData("retired/x/checkpoint")]
    public void OtherPathsAreNotServed(string path) => Assert.False(TilePath.IsServed(path));

    // The example of C2SP tlog-tiles: 70,000 entries are 273 full and one partial (112) tile at level 0, one full and one
    // partial (17) at level 1, and one partial (1) at level 2.
    [Fact]
    public async Task ALogOf70000EntriesHasTheTilesOfTheSpecification()
    {
        byte[][] entries = [.. Enumerable.Range(0, 70_000).Select(i => BitConverter.GetBytes(i))];
        NoteVerifier verifier = await some.WriteAsync([.. entries.Select(entry => (ReadOnlyMemory<byte>)entry)]);
        string[] files =
        [
            .. Directory
                .EnumerateFiles(some.Folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(some.Folder, file))
                .Where(file => file.StartsWith("tile/", StringComparison.Ordinal)),
        ];
        Assert.Equal(273 + 1 + 1 + 1 + 1 + 273 + 1, files.Length);
        Assert.Superset(
            new HashSet<string>
            {
                "tile/0/272",
                "tile/0/273.p/112",
                "tile/1/000",
                "tile/1/001.p/17",
                "tile/2/000.p/1",
                "tile/entries/273.p/112",
            },
            files.ToHashSet()
        );
        LedgerVerification verification = await LedgerVerifier.VerifyDirectoryAsync(
            some.Folder,
            verifier,
            bodies: null,
            Cancellation
        );
        Assert.Empty(verification.Mismatches);
        Assert.Equal(70_000, verification.Entries);
        Assert.True(verification.Holds);
    }

    [Fact]
    public async Task AllSizesAndRestartsGiveTheSameTreeAsOneRun()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(600));
        int[] steps = [1, 1, 5, 248, 1, 1, 200, 55, 88];
        int next = 0;
        CompactRange range = new();
        foreach (int step in steps)
        {
            using TileLog log = await some.OpenAsync();
            Assert.Null(log.State.Refusal);
            Assert.Equal(next, log.NextRecord);
            // The overlap was taken before and is passed over.
            int from = Math.Max(0, next - 3);
            await log.IntegrateAsync(from, envelopes.GetRange(from, next + step - from), Cancellation);
            Checkpoint checkpoint = (await log.SignAsync(Cancellation))!;
            envelopes.GetRange(next, step).ForEach(entry => range.Append(TreeHash.OfLeaf(entry.Span)));
            next += step;
            Assert.Equal(range.Root, checkpoint.Root);
            Assert.Equal(next, checkpoint.Size);
            Assert.True(
                (await LedgerVerifier.VerifyDirectoryAsync(some.Folder, log.Verifier, null, Cancellation)).Holds
            );
        }
        Assert.False(Directory.Exists(Path.Combine(some.Folder, "tile/0/000.p")));
        Assert.True(Directory.Exists(Path.Combine(some.Folder, "tile/0/002.p")));
    }

    [Fact]
    public async Task EveryChangedByteOfASmallLedgerIsFound()
    {
        List<SealedRecord> records = LedgerSome.Records(5);
        using (TileLog log = await some.OpenAsync())
        {
            await log.IntegrateAsync(0, LedgerSome.Envelopes(records.Take(3)), Cancellation);
            await log.SignAsync(Cancellation);
        }
        using TileLog again = await some.OpenAsync();
        await again.IntegrateAsync(3, LedgerSome.Envelopes(records.Skip(3)), Cancellation);
        await again.SignAsync(Cancellation);
        IEnumerable<string> files = Directory
            .EnumerateFiles(some.Folder, "*", SearchOption.AllDirectories)
            .Where(file =>
                TilePath.IsServed(Path.GetRelativePath(some.Folder, file))
                && !file.EndsWith("vkey", StringComparison.Ordinal)
            );
        int changes = 0;
        foreach (string file in files.ToList())
        {
            byte[] whole = await File.ReadAllBytesAsync(file, Cancellation);
            for (int at = 0; at < whole.Length; at++)
            {
                byte[] changed = [.. whole];
                changed[at] ^= (byte)(1 << (at % 8));
                await File.WriteAllBytesAsync(file, changed, Cancellation);
                LedgerVerification found = await LedgerVerifier.VerifyDirectoryAsync(
                    some.Folder,
                    again.Verifier,
                    null,
                    Cancellation
                );
                Assert.False(found.Holds, $"{file} at {at}");
                Assert.NotEmpty(found.Mismatches);
                changes++;
            }
            await File.WriteAllBytesAsync(file, whole.AsMemory(0, whole.Length - 1), Cancellation);
            Assert.False(
                (await LedgerVerifier.VerifyDirectoryAsync(some.Folder, again.Verifier, null, Cancellation)).Holds
            );
            File.Delete(file);
            LedgerVerification gone = await LedgerVerifier.VerifyDirectoryAsync(
                some.Folder,
                again.Verifier,
                null,
                Cancellation
            );
            Assert.True(!gone.Holds || file.EndsWith(".p/3", StringComparison.Ordinal));
            await File.WriteAllBytesAsync(file, whole, Cancellation);
        }
        Assert.True(changes > 2_000);
        Assert.True((await LedgerVerifier.VerifyDirectoryAsync(some.Folder, again.Verifier, null, Cancellation)).Holds);
    }

    [Fact]
    public async Task AChangedBodyIsFoundAndAnErasedOneIsCounted()
    {
        List<SealedRecord> records = LedgerSome.Records(4);
        NoteVerifier verifier = await some.WriteAsync(LedgerSome.Envelopes(records));
        Dictionary<RecordId, SealedBody> bodies = records.ToDictionary(
            record => record.Id,
            record => new SealedBody(record.Salt, record.Body, Erased: false)
        );
        bodies[records[1].Id] = bodies[records[1].Id] with { Body = records[2].Body };
        bodies[records[2].Id] = new SealedBody(default, default, Erased: true);
        bodies.Remove(records[3].Id);
        LedgerVerification found = await LedgerVerifier.VerifyDirectoryAsync(
            some.Folder,
            verifier,
            (id, _) => ValueTask.FromResult(bodies.GetValueOrDefault(id)),
            Cancellation
        );
        Assert.Equal(
            [$"record {records[1].Id}", $"record {records[3].Id}"],
            found.Mismatches.Select(mismatch => mismatch.Where)
        );
        Assert.Equal((1, 1), (found.Bodies, found.Erased));
    }

    [Fact]
    public async Task AStoreShorterThanTheCheckpointIsRefusedUntilTheLogIsContinued()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(300));
        NoteVerifier old = await some.WriteAsync(envelopes);
        List<ReadOnlyMemory<byte>> restored = envelopes.GetRange(0, 200);
        using (TileLog log = await some.OpenAsync())
        {
            string? refusal = await log.CheckAsync(200, LedgerSome.ReaderOf(restored), [], whole: false, Cancellation);
            Assert.Contains("records are missing", refusal, StringComparison.Ordinal);
            Assert.Contains("custodiet ledger continue", refusal, StringComparison.Ordinal);
            Assert.Equal(refusal, await log.IntegrateAsync(300, envelopes, Cancellation));
        }
        using TileLog next = await TileLog.ContinueAsync(some.Folder, some.Key, 200, some.Time, Cancellation);
        Assert.NotEqual(old.Name, next.State.Origin);
        Assert.Equal(200, next.NextRecord);
        LedgerContinued first = Assert.IsType<LedgerContinued>(next.PendingContinuation);
        Assert.Equal((old.Name, 200L), (first.OldOrigin, first.RestoredSize));
        Assert.Equal(300, Checkpoint.Open(first.LastKnownCheckpoint, old, out _)!.Size);
        Assert.Null(await next.CheckAsync(200, LedgerSome.ReaderOf(restored), [], whole: true, Cancellation));
        Assert.NotNull(next.PendingContinuation);
        SealedRecord continued = EnvelopeSealer.Seal(
            new RecordDraft(first, "ledger", Custodiet.Records.People.ActorId.Service, LedgerSome.Start),
            LedgerSome.Start
        );
        await next.IntegrateAsync(200, [continued.Envelope], Cancellation);
        await next.SignAsync(Cancellation);
        Assert.Null(next.PendingContinuation);
        // Records of both logs can be proved.
        LedgerProof before = (await next.ProveAsync(199, Cancellation))!;
        LedgerProof after = (await next.ProveAsync(200, Cancellation))!;
        Assert.True(before.Verify(envelopes[199].Span, old, out _));
        Assert.True(after.Verify(continued.Envelope.Span, next.Verifier, out _));
    }

    [Fact]
    public async Task ARecordThatIsNotTheSignedOneIsRefused()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(300));
        await some.WriteAsync(envelopes);
        List<ReadOnlyMemory<byte>> other = [.. envelopes];
        other[299] = LedgerSome.Record(299).Envelope;
        using (TileLog log = await some.OpenAsync())
        {
            Assert.Null(await log.CheckAsync(300, LedgerSome.ReaderOf(envelopes), [], whole: true, Cancellation));
            Assert.Equal(LedgerSome.Start, log.State.VerifiedAt);
            Assert.NotNull(await log.CheckAsync(300, LedgerSome.ReaderOf(other), [], whole: false, Cancellation));
        }
        other = [.. envelopes];
        other[7] = LedgerSome.Record(7).Envelope;
        using TileLog again = await some.OpenAsync();
        Assert.Contains(
            "roots differ",
            await again.CheckAsync(300, LedgerSome.ReaderOf(other), [], whole: true, Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ACheckpointCopiedOutsideRevealsThatTheWholeFolderWasRestored()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(20));
        await some.WriteAsync(envelopes.GetRange(0, 10));
        using TileLog log = await some.OpenAsync();
        TreeHash root = TreeHash.OfLeaf([1]);
        Checkpoint outside = some.Key.Sign(log.State.Origin, 20, root);
        Assert.NotNull(await log.CheckAsync(10, LedgerSome.ReaderOf(envelopes), [outside], whole: false, Cancellation));

        // With enough records the log goes on, but never signs beyond a size whose root was another.
        using TileLog again = await some.OpenAsync();
        Assert.Null(await again.CheckAsync(20, LedgerSome.ReaderOf(envelopes), [outside], whole: false, Cancellation));
        Assert.NotNull(await again.IntegrateAsync(10, envelopes.GetRange(10, 10), Cancellation));
        Assert.Equal(10, (await again.SignAsync(Cancellation))!.Size);
    }

    [Theory]
    [InlineData("tile/0/000")]
    [InlineData("tile/entries/001.p/44")]
    [InlineData("tile/1/000.p/1")]
    public async Task LostTilesAreMadeAgainFromTheRecords(string lost)
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(300));
        NoteVerifier verifier = await some.WriteAsync(envelopes);
        byte[] before = await File.ReadAllBytesAsync(Path.Combine(some.Folder, lost), Cancellation);
        File.Delete(Path.Combine(some.Folder, lost));
        using TileLog log = await some.OpenAsync();
        if (lost != "tile/0/000")
        {
            Assert.NotNull(log.State.Rebuilding);
            Assert.Equal(0, log.NextRecord);
            await log.IntegrateAsync(0, envelopes, Cancellation);
            Assert.Null(log.State.Rebuilding);
            Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(some.Folder, lost), Cancellation));
            Assert.True((await LedgerVerifier.VerifyDirectoryAsync(some.Folder, verifier, null, Cancellation)).Holds);
        }
    }

    [Fact]
    public async Task AForeignKeyOrAForgedCheckpointIsRefused()
    {
        await some.WriteAsync(LedgerSome.Envelopes(LedgerSome.Records(3)));
        using LedgerKey other = LedgerKey.OpenOrCreate(Path.Combine(some.Root, "keys", "other.key"));
        using (TileLog log = await TileLog.OpenAsync(some.Folder, other, some.Time, Cancellation))
        {
            Assert.Contains("its key is not the one", log.State.Refusal, StringComparison.Ordinal);
        }
        string file = Path.Combine(some.Folder, "checkpoint");
        string note = await File.ReadAllTextAsync(file, Cancellation);
        await File.WriteAllTextAsync(file, note.Replace("\n3\n", "\n2\n", StringComparison.Ordinal), Cancellation);
        using TileLog forged = await some.OpenAsync();
        Assert.Contains("cannot be trusted", forged.State.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckpointsAreSignedAtMostOnceASecondUnlessAskedFor()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(3));
        using TileLog log = await some.OpenAsync();
        Assert.Null(log.UntilDue());
        await log.IntegrateAsync(0, envelopes.GetRange(0, 1), Cancellation);
        Assert.Equal(TimeSpan.Zero, log.UntilDue());
        await log.SignAsync(Cancellation);
        Assert.Null(log.UntilDue());
        await log.IntegrateAsync(1, envelopes.GetRange(1, 1), Cancellation);
        some.Time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Equal(TimeSpan.FromMilliseconds(600), log.UntilDue());
    }

    [Fact]
    public async Task AProofIsReadBackAndVerifiesOffline()
    {
        List<ReadOnlyMemory<byte>> envelopes = LedgerSome.Envelopes(LedgerSome.Records(1_000));
        NoteVerifier verifier = await some.WriteAsync(envelopes);
        using TileLog log = await some.OpenAsync();
        foreach (int index in (int[])[0, 255, 256, 700, 999])
        {
            string text = (await log.ProveAsync(index, Cancellation))!.ToText();
            Assert.StartsWith("c2sp.org/tlog-proof@v1\nextra ", text, StringComparison.Ordinal);
            LedgerProof proof = Assert.IsType<LedgerProof>(LedgerProof.Parse(text, out _));
            Assert.Equal(text, proof.ToText());
            Assert.True(proof.Verify(envelopes[index].Span, verifier, out _));
            Assert.False(proof.Verify(envelopes[(index + 1) % 1_000].Span, verifier, out string problem));
            Assert.NotEmpty(problem);
            byte[] bytes = Encoding.UTF8.GetBytes(text[text.IndexOf("index", StringComparison.Ordinal)..]);
            string head = text[..text.IndexOf("index", StringComparison.Ordinal)];
            for (int at = 0; at < bytes.Length; at++)
            {
                byte[] changed = [.. bytes];
                changed[at] ^= 2;
                LedgerProof? forged = LedgerProof.Parse(head + Encoding.UTF8.GetString(changed), out _);
                Assert.False(forged?.Verify(envelopes[index].Span, verifier, out _) ?? false);
            }
        }
        Assert.Null(await log.ProveAsync(1_000, Cancellation));
    }
}
