using Custodiet.Embedded;
using Custodiet.Records.Events;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>What is particular to the store in SQLite: its file, its failures, its projections.</summary>
public sealed class SqliteRecordsTests : IDisposable
{
    private readonly RecordFolder folder = new();
    private readonly FakeTimeProvider time = new(Scene.Start);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheFileAndItsCompanionsAreReadableByTheirOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are Unix's");
            return;
        }
        await using SqliteRecords records = await OpenAsync();
        await new Scene(records).RaiseAsync();
        foreach (string name in new[] { folder.File, folder.File + "-wal", folder.File + "-shm" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(name));
        }
    }

    [Fact]
    public async Task AFileOfANewerFormatIsRefusedAndLeftAsItIs()
    {
        await (await OpenAsync()).DisposeAsync();
        RecordFolder.Execute(folder.File, "PRAGMA user_version=99");
        byte[] before = await File.ReadAllBytesAsync(folder.File, Stop);
        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(OpenAsync);
        Assert.Contains("format 99", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(folder.File, Stop));
    }

    [Fact]
    public async Task AFileOfTheFirstFormatGetsTheSumsThatItLacked()
    {
        await using (SqliteRecords records = await OpenAsync())
        {
            Scene scene = new(records);
            AlertId alert = await scene.RaiseAsync();
            AlertId other = await scene.RaiseAsync();
            await scene.JudgeAsync(Scene.Benign, null, [alert, other]);
            time.Advance(TimeSpan.FromDays(2));
            await scene.RaiseAsync();
            await scene.JudgeAsync(Scene.TruePositive, null, [alert]);
            await scene.JudgeAsync(Scene.Benign, null, [alert]);
        }
        string today = RecordFolder.Dump(folder.File);
        // What the first format lacked.
        RecordFolder.Execute(
            folder.File,
            """
            DROP TABLE work_day; DROP TABLE reason_day; DROP INDEX verdict_case;
            ALTER TABLE tally DROP COLUMN decisions; ALTER TABLE tally DROP COLUMN corrected;
            ALTER TABLE verdict DROP COLUMN day; ALTER TABLE verdict DROP COLUMN alerts;
            ALTER TABLE verdict DROP COLUMN standing;
            DROP TABLE session; DROP TABLE token_use; DROP TABLE balance; DROP TABLE balance_mark;
            PRAGMA user_version=1
            """
        );
        await using (SqliteRecords upgraded = await OpenAsync())
        {
            DecisionFigures figures = await upgraded.FiguresAsync(DateOnly.MinValue, 9, Stop);
            Assert.Equal((3, 2), (figures.Decisions, figures.Corrected));
            Assert.Empty(await upgraded.SessionsAsync(Stop));
            Assert.Empty(await upgraded.TokenUsesAsync(Stop));
            Assert.Null(await upgraded.BalanceMarkAsync(Stop));
        }
        Assert.Equal(today, RecordFolder.Dump(folder.File));
        await using SqliteRecords again = await OpenAsync();
        await new Scene(again, Scene.Start.AddDays(1)).RaiseAsync();
    }

    [Fact]
    public async Task AnotherProgramsDatabaseIsRefused()
    {
        RecordFolder.Execute(folder.File, "CREATE TABLE t(x)");
        await Assert.ThrowsAsync<InvalidDataException>(OpenAsync);
    }

    [Fact]
    public async Task AFileThatIsNoDatabaseIsRefusedByName()
    {
        await File.WriteAllTextAsync(folder.File, string.Concat(Enumerable.Repeat("no database. ", 1_000)), Stop);
        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(OpenAsync);
        Assert.Contains(folder.File, refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderThatIsNotThereIsAnErrorOfInputAndOutput() =>
        await Assert.ThrowsAnyAsync<IOException>(async () =>
            await SqliteRecords.OpenAsync(folder.Path("absent/records.db"), Scene.Sealer(), time, Stop)
        );

    [Fact]
    public async Task DamageInTheMiddleOfTheFileIsReportedAndNeverReadAsData()
    {
        await using (SqliteRecords records = await OpenAsync())
        {
            Scene scene = new(records);
            await scene.AppendedAsync([
                .. Enumerable.Range(0, 400).Select(i => Scene.Draft(new ServiceStarted($"{i}", true), $"s/{i}")),
            ]);
        }
        byte[] bytes = await File.ReadAllBytesAsync(folder.File, Stop);
        Array.Fill(bytes, (byte)0xA5, 8_192, bytes.Length - 8_192);
        await File.WriteAllBytesAsync(folder.File, bytes, Stop);
        InvalidDataException damaged = await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await using SqliteRecords records = await OpenAsync();
            await records.ReadAsync(0, 1_000, Stop);
        });
        Assert.Contains("damaged", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWasAppendedIsThereAfterARestartAndTimesStillDoNotGoBack()
    {
        AlertId alert;
        await using (SqliteRecords records = await OpenAsync())
        {
            alert = await new Scene(records).RaiseAsync();
        }
        time.AdjustTime(Scene.Start.AddDays(-3));
        await using SqliteRecords again = await OpenAsync();
        Assert.Equal(1, again.Count);
        AppendOutcome.Appended next = await new Scene(again, Scene.Start).AppendedAsync(
            Scene.Draft(new ServiceStarted("2", true), "service")
        );
        Assert.Equal(1, next.FirstIndex);
        StoredRecord stored = Assert.Single(await again.ReadAsync(1, 9, Stop));
        Assert.Equal(Scene.Start, stored.Sealed.RecordedAt);
        Assert.NotNull(await again.AlertAsync(alert, Viewer.Service, Stop));
    }

    [Fact]
    public async Task WhenTheDiskIsFullNothingIsAcknowledgedAndRecordingGoesOnWhenSpaceReturns()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        await scene.RaiseAsync();
        await LimitPagesAsync(records, 120);

        AppendOutcome outcome;
        do
        {
            outcome = await records.AppendAsync(Large(scene), Stop);
        } while (outcome is AppendOutcome.Appended);
        AppendOutcome.Refused refused = Assert.IsType<AppendOutcome.Refused>(outcome);
        Assert.Contains("is full", refused.Reason, StringComparison.Ordinal);
        Assert.Contains(folder.File, refused.Reason, StringComparison.Ordinal);
        Assert.Equal(refused.Reason, records.Failure);
        long count = records.Count;
        Assert.Equal(count, (await records.ReadAsync(0, 10_000, Stop)).Count);

        // A full disk makes neither conflicts nor gaps: the same append succeeds later, at the next index.
        await LimitPagesAsync(records, 100_000);
        AppendOutcome.Appended appended = await scene.AppendedAsync(Large(scene));
        Assert.Equal(count, appended.FirstIndex);
        Assert.Null(records.Failure);
        await AssertRebuildChangesNothingAsync(records);
    }

    [Fact]
    public async Task AnAppendTooLargeForTheDiskHurtsNoSmallOneBesideIt()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        await LimitPagesAsync(records, 110);
        Task<AppendOutcome> large = records.AppendAsync(Large(scene), Stop).AsTask();
        Task<AppendOutcome.Appended> small = scene.AppendedAsync(Scene.Draft(new ServiceStarted("1", true), "s"));
        Assert.IsType<AppendOutcome.Refused>(await large);
        await small;
        Assert.Equal(1, records.Count);
    }

    [Fact]
    public async Task ASealerThatThrowsFailsItsCallerAlone()
    {
        Sealer good = Scene.Sealer();
        Sealer picky = (draft, at) =>
            draft.Stream == "bad" ? throw new NotSupportedException("bad stream")
            : draft.Stream == "long" ? good(draft, at) with { Envelope = new byte[65_536] }
            : good(draft, at);
        await using SqliteRecords records = await SqliteRecords.OpenAsync(folder.File, picky, time, Stop);
        Scene scene = new(records);
        RecordDraft Started(string stream) => Scene.Draft(new ServiceStarted("1", true), stream);
        Task<AppendOutcome.Appended> before = scene.AppendedAsync(Started("s"));
        Task bad = Assert.ThrowsAsync<NotSupportedException>(() => scene.AppendedAsync(Started("s"), Started("bad")));
        Task tooLong = Assert.ThrowsAsync<InvalidOperationException>(() => scene.AppendedAsync(Started("long")));
        Task<AppendOutcome.Appended> after = scene.AppendedAsync(Started("s"));
        await Task.WhenAll(before, bad, tooLong, after);
        Assert.Equal(2, records.Count);
        Assert.Equal([0L, 1], (await records.ReadAsync(0, 9, Stop)).Select(record => record.Index));
    }

    [Fact]
    public async Task AnErasedRecordKeepsItsEnvelopeAndProjectsNothingInARebuild()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        AlertId erased = await scene.RaiseAsync();
        AlertId kept = await scene.RaiseAsync();
        await scene.JudgeAsync(Scene.Benign, null, [erased, kept]);
        RecordFolder.Execute(folder.File, "UPDATE record SET salt = NULL, body = NULL WHERE idx = 0");

        StoredRecord stored = (await records.ReadAsync(0, 1, Stop)).Single();
        Assert.True(stored.Erased);
        Assert.Equal((32, 0, 0), (stored.Sealed.Envelope.Length, stored.Sealed.Salt.Length, stored.Sealed.Body.Length));
        await records.RebuildAsync(Stop);
        Assert.Null(await records.AlertAsync(erased, Viewer.Service, Stop));
        Assert.Equal(1, (await records.AlertAsync(kept, Viewer.Service, Stop))!.Number);
        Assert.Equal(1, (await records.CountsAsync(Stop)).Judged);
    }

    [Fact]
    public async Task ARebuildThatMeetsAnUnreadableBodyChangesNothing()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        await scene.RaiseAsync();
        await scene.AppendedAsync(Scene.Draft(new ServiceStarted("1", true), "service"));
        RecordFolder.Execute(folder.File, "UPDATE record SET body = x'7b22' WHERE idx = 1");
        string before = RecordFolder.Dump(folder.File);
        InvalidDataException failed = await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await records.RebuildAsync(Stop)
        );
        Assert.Contains("Record 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, RecordFolder.Dump(folder.File));
    }

    [Fact]
    public async Task KeysOfBatchesAreKeptForSevenDays()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        await scene.AppendedAsync(
            new AppendRequest { Keys = [Key("old", Scene.Start), Key("young", Scene.Start.AddDays(2))] }
        );
        time.Advance(TimeSpan.FromDays(8));
        await scene.AppendedAsync(new AppendRequest { Keys = [Key("new", Scene.Start.AddDays(8))] });
        Assert.Equal(["new", "young"], (await records.KeysAsync(0, 99, Stop)).Select(key => key.Key));
    }

    [Fact]
    public async Task AfterTheStoreIsClosedAppendsAreRefused()
    {
        SqliteRecords records = await OpenAsync();
        Task<AppendOutcome.Appended> waiting = new Scene(records).AppendedAsync(
            Scene.Draft(new ServiceStarted("1", true), "s")
        );
        await records.DisposeAsync();
        await records.DisposeAsync();
        await waiting;
        Assert.IsType<AppendOutcome.Refused>(await records.AppendAsync(new AppendRequest(), Stop));
    }

    [Fact]
    public async Task ACrashAtAnyMomentLosesNothingAcknowledged()
    {
        string copy = folder.Path("crash.db");
        long acknowledged = 0;
        await using (SqliteRecords records = await OpenAsync())
        {
            Scene scene = new(records);
            // The handler runs on the writer's thread, so nothing is written while it copies: as the disk is after kill -9.
            records.Committed += count =>
            {
                if (count > 150 && acknowledged == 0)
                {
                    acknowledged = count;
                    File.Copy(folder.File, copy);
                    File.Copy(folder.File + "-wal", copy + "-wal");
                }
            };
            await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => scene.RaiseAsync()));
        }
        byte[] main = await File.ReadAllBytesAsync(copy, Stop);
        byte[] log = await File.ReadAllBytesAsync(copy + "-wal", Stop);
        await AssertWholeAsync(copy, atLeast: acknowledged, atMost: acknowledged);

        // A torn tail of the log is a commit that was never acknowledged: what is left is whole. The first eighth of the
        // log holds the schema.
        for (int i = 1; i < 8; i++)
        {
            string torn = folder.Path($"torn-{i}.db");
            await File.WriteAllBytesAsync(torn, main, Stop);
            await File.WriteAllBytesAsync(torn + "-wal", log[..(log.Length * i / 8)], Stop);
            await AssertWholeAsync(torn, atLeast: 0, atMost: acknowledged);
        }
    }

    private static BatchKey Key(string key, DateTimeOffset received) => new(key, 0, 1, EventTime.ToMicros(received));

    private static AppendRequest Large(Scene scene) =>
        Scene.Raised([.. Enumerable.Range(0, 400).Select(_ => scene.Finding())]).Request;

    // SQLite's own bound on the pages of a file gives the same error code as a full disk.
    private static async Task LimitPagesAsync(SqliteRecords records, int pages) =>
        await records.WithinCommitAsync(statements => statements.Number($"PRAGMA max_page_count={pages}"), Stop);

    private async Task AssertRebuildChangesNothingAsync(SqliteRecords records)
    {
        string before = RecordFolder.Dump(folder.File);
        await records.RebuildAsync(Stop);
        Assert.Equal(before, RecordFolder.Dump(folder.File));
    }

    private async Task AssertWholeAsync(string file, long atLeast, long atMost)
    {
        await using SqliteRecords records = await SqliteRecords.OpenAsync(file, Scene.Sealer(), time, Stop);
        Assert.InRange(records.Count, atLeast, atMost);
        IReadOnlyList<StoredRecord> all = await records.ReadAsync(0, 10_000, Stop);
        Assert.Equal(Enumerable.Range(0, (int)records.Count).Select(i => (long)i), all.Select(record => record.Index));
        string before = RecordFolder.Dump(file);
        await records.RebuildAsync(Stop);
        Assert.Equal(before, RecordFolder.Dump(file));
        Assert.Equal(records.Count, (await records.CountsAsync(Stop)).Findings);
    }

    private Task<SqliteRecords> OpenAsync() =>
        SqliteRecords.OpenAsync(folder.File, Scene.Sealer(), time, Stop).AsTask();
}
