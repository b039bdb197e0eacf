using Custodiet.Archive;

namespace Custodiet.Tests.Archive;

public sealed class ArchiveCrashTests : IDisposable
{
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    /// <summary>Not an error of the disk: nothing in the archive handles it, as nothing handles <c>kill -9</c>.</summary>
    private sealed class Crash : Exception;

    public static TheoryData<string> Steps =>
        new(Enum.GetValues<DiskStep>().Where(s => s != DiskStep.Delete).Select(s => s.ToString()));

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ACrashAtAnyStepLosesNothingDurableAndLeavesNothingHalf(string stepName)
    {
        DiskStep step = Enum.Parse<DiskStep>(stepName);
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 5);
            fixture.BeforeStep = (at, _) => Throw(at >= step);
            await fixture.AppendAsync(archive, 5, 5);
            await Assert.ThrowsAsync<IOException>(() => archive.FlushAsync(ArchiveFixture.Cancellation).AsTask());
        }
        fixture.BeforeStep = null;
        await using ParquetArchive again = await fixture.OpenAsync();
        // Only a line that is whole in the manifest counts; before its disk confirmed it, either is right.
        Assert.True(again.NextOffset == 5 || (again.NextOffset == 10 && step == DiskStep.SyncManifest));
        Assert.Equal(again.Segments.Select(s => s.Name), fixture.Files());
        await fixture.WriteAsync(again, again.NextOffset, (int)(20 - again.NextOffset));
        Assert.Equal(["{'c': 20, 'd': 20}"], fixture.Read(CountAndDistinct));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ACrashWhileMergingNeitherDoublesNorLosesAnEvent(string stepName)
    {
        DiskStep step = Enum.Parse<DiskStep>(stepName);
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            for (int i = 0; i < 4; i++)
            {
                await fixture.WriteAsync(archive, i * 5, 5);
            }
            fixture.Clock.Advance(TimeSpan.FromHours(2));
            fixture.BeforeStep = (at, _) => Throw(at >= step);
            Assert.Equal(0, await archive.CompactAsync(ArchiveFixture.Cancellation));
            Assert.NotNull(archive.State.CompactionFailure);
            Assert.Equal(20, archive.NextOffset);
        }
        fixture.BeforeStep = null;
        await using ParquetArchive again = await fixture.OpenAsync();
        Assert.Equal(20, again.NextOffset);
        Assert.Equal(again.Segments.Select(s => s.Name), fixture.Files());
        Assert.Equal(["{'c': 20, 'd': 20}"], fixture.Read(CountAndDistinct));
        await again.CompactAsync(ArchiveFixture.Cancellation);
        Assert.Single(again.Segments);
        Assert.Equal(["{'c': 20, 'd': 20}"], fixture.Read(CountAndDistinct));
    }

    [Fact]
    public async Task AManifestTornAtAnyByteOpensWithTheWholeLinesBeforeIt()
    {
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 2);
            await fixture.WriteAsync(archive, 2, 2);
        }
        string path = Path.Combine(fixture.ArchiveFolder, "manifest.jsonl");
        byte[] whole = await File.ReadAllBytesAsync(path, ArchiveFixture.Cancellation);
        int firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = 0; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length], ArchiveFixture.Cancellation);
            using Manifest manifest = Manifest.Open(path, new ArchiveDisk());
            int expected =
                length == whole.Length ? 4
                : length >= firstLine ? 2
                : 0;
            Assert.Equal(expected, manifest.NextOffset);
            Assert.Equal(
                length == whole.Length ? whole.Length
                    : length >= firstLine ? firstLine
                    : 0,
                new FileInfo(path).Length
            );
        }
    }

    [Fact]
    public async Task AFlippedBitBeforeTheEndOfTheManifestRefusesToOpen()
    {
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 2);
            await fixture.WriteAsync(archive, 2, 2);
        }
        string path = Path.Combine(fixture.ArchiveFolder, "manifest.jsonl");
        byte[] whole = await File.ReadAllBytesAsync(path, ArchiveFixture.Cancellation);
        for (int i = 0; i < Array.IndexOf(whole, (byte)'\n'); i += 7)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x04;
            await File.WriteAllBytesAsync(path, damaged, ArchiveFixture.Cancellation);
            Assert.Throws<InvalidDataException>(() => Manifest.Open(path, new ArchiveDisk()).Dispose());
        }
        Assert.Equal(2, fixture.Files().Length);
    }

    [Fact]
    public async Task FilesThatTheManifestDoesNotListAreRemovedAndAMissingOneIsSaid()
    {
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            await fixture.WriteAsync(archive, 0, 2);
        }
        string file = Path.Combine(fixture.ArchiveFolder, fixture.Files()[0]);
        await File.WriteAllTextAsync(
            Path.Combine(fixture.ArchiveFolder, "events-000000000002-000000000009.parquet"),
            "half",
            ArchiveFixture.Cancellation
        );
        await File.WriteAllTextAsync(file + ".tmp", "half", ArchiveFixture.Cancellation);
        await using (ParquetArchive archive = await fixture.OpenAsync())
        {
            Assert.Single(fixture.Files());
        }
        File.Delete(file);
        InvalidDataException missing = await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await fixture.OpenAsync()
        );
        Assert.Contains("events-000000000000-000000000001.parquet", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArchiveThatIsOpenCannotBeOpenedAgain()
    {
        await using ParquetArchive archive = await fixture.OpenAsync();
        await Assert.ThrowsAsync<IOException>(async () => await fixture.OpenAsync());
    }

    private const string CountAndDistinct = "SELECT count(*) AS c, count(DISTINCT event_offset) AS d FROM events";

    private static void Throw(bool crash)
    {
        if (crash)
        {
            throw new Crash();
        }
    }
}
