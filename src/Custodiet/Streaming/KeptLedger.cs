using System.Globalization;
using System.Net.Http.Headers;
using Custodiet.Backups;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Ledger;
using Custodiet.Ledger.Anchors;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Verification;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Streaming;

/// <summary>The ledger of a flow: key, tree, copies outside, and the follower that keeps them level with the records.</summary>
internal sealed class KeptLedger : IDisposable
{
    private readonly IRecordStore records;
    private readonly LedgerKey key;
    private readonly HttpClient http;
    private readonly LedgerFollower follower;

    private KeptLedger(
        IRecordStore records,
        LedgerKey key,
        HttpClient http,
        TileLog log,
        CheckpointAnchors anchors,
        TimeProvider time,
        RestoreMark? restored
    )
    {
        Restored = restored;
        this.records = records;
        this.key = key;
        this.http = http;
        Log = log;
        Anchors = anchors;
        follower = new LedgerFollower(records, log, anchors, time);
    }

    /// <summary>The tree and its checkpoints.</summary>
    public TileLog Log { get; }

    /// <summary>The copies outside.</summary>
    public CheckpointAnchors Anchors { get; }

    /// <summary>The backup that the folder was restored from, when this is its first start after that; else null.</summary>
    public RestoreMark? Restored { get; }

    /// <summary>Entries in the tree.</summary>
    public long Size => Log.State.Size;

    /// <summary>Why nothing may be appended, and what to do; null in health.</summary>
    public string? Refusal => Log.State.Refusal;

    /// <summary>Why the tree is behind the records at present, or null.</summary>
    public string? Failure => follower.Failure;

    /// <summary>Opens the ledger and compares it with the records and with every checkpoint that can be read. With a refusal the store takes nothing.</summary>
    public static async Task<KeptLedger> OpenAsync(
        DataFolder folder,
        IRecordStore records,
        Settings settings,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        LedgerKey key = LedgerKey.OpenOrCreate(KeyFile(folder));
        HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
        if (settings.Secret("ledger.anchor_webhook_token") is { } token)
        {
            // The client posts to the web hook and nowhere else.
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        RestoreMark? restored = RestoreMark.Read(folder.Root);
        TileLog log = await OpenLogAsync(folder, key, restored, records.Count, time, cancellation);
        CheckpointAnchors anchors = new(Places(settings), http, time);
        KeptLedger ledger = new(records, key, http, log, anchors, time, restored);
        await ledger.follower.CheckAsync(whole: false, cancellation);
        if (ledger.Refusal is null && log.PendingContinuation is { } continuation)
        {
            RecordDraft draft = new(continuation, "ledger", Records.People.ActorId.Console, time.GetUtcNow());
            await records.AppendAsync(new AppendRequest { Drafts = [draft] }, cancellation);
        }
        return ledger;
    }

    /// <summary>How many records are missing after a restore, from checkpoints of the older log outside; null: none outside tells.</summary>
    public async Task<long?> LostAsync(RestoreMark restored, CancellationToken cancellation)
    {
        if (NoteVerifier.Parse(restored.VerifierKey, out _) is not { } older)
        {
            return null;
        }
        IReadOnlyList<AnchorReading> readings = await Anchors.ReadAsync(older, cancellation);
        List<long> sizes = [.. readings.Select(reading => reading.Checkpoint?.Size).OfType<long>()];
        return sizes.Count == 0 ? null : Math.Max(0, sizes.Max() - restored.Backup.Size);
    }

    /// <summary>Where the signing key is.</summary>
    public static string KeyFile(DataFolder folder) => Path.Combine(folder.Keys, "ledger.key");

    /// <summary>Follows the records until cancelled; then signs what is there. A ledger that refuses stays, and says so.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Hashing every record again takes seconds per million: the start does not wait for it, and a difference still refuses appends.
        Task whole = Task.Run(async () => await follower.CheckAsync(whole: true, cancellation), CancellationToken.None);
        await follower.RunAsync(cancellation);
        await EventStream.Quiet(whole);
        cancellation.ThrowIfCancellationRequested();
        await Task.Delay(Timeout.Infinite, cancellation);
    }

    /// <summary>Takes all records that are there, and signs. Not beside <see cref="RunAsync"/> of the same moment: it only waits then.</summary>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (Refusal is null && Log.NextRecord < records.Count)
        {
            IReadOnlyList<ReadOnlyMemory<byte>> next = await LedgerFollower.EnvelopesOf(records)(
                Log.NextRecord,
                LedgerFollower.BatchRecords,
                cancellation
            );
            await Log.IntegrateAsync(Log.NextRecord, next, cancellation);
        }
        await Log.SignAsync(cancellation);
    }

    /// <summary>The record that an id or an index names.</summary>
    public async Task<StoredRecord?> FindAsync(string name, CancellationToken cancellation)
    {
        if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long index))
        {
            IReadOnlyList<StoredRecord> found = await records.ReadAsync(index, 1, cancellation);
            return found.Count == 0 ? null : found[0];
        }
        return Guid.TryParse(name, out Guid id) ? await records.FindAsync(new RecordId(id), cancellation) : null;
    }

    /// <summary>The proof of a record, by id or index; null when there is no such record.</summary>
    public async Task<string?> ProveAsync(string name, CancellationToken cancellation)
    {
        StoredRecord? record = await FindAsync(name, cancellation);
        if (record is null)
        {
            return null;
        }
        if (record.Index >= Log.NextRecord)
        {
            await CatchUpAsync(cancellation);
        }
        LedgerProof? proof = await Log.ProveAsync(record.Index, cancellation);
        return proof?.ToText();
    }

    public void Dispose()
    {
        Anchors.Dispose();
        Log.Dispose();
        key.Dispose();
        http.Dispose();
    }

    // A restored folder never goes on in the log it was backed up from: that log may have signed other records since, here or elsewhere.
    private static async Task<TileLog> OpenLogAsync(
        DataFolder folder,
        LedgerKey key,
        RestoreMark? restored,
        long records,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        TileLog log = await TileLog.OpenAsync(folder.Ledger, key, time, cancellation);
        if (restored is null || log.State.Origin != restored.Backup.Origin)
        {
            return log;
        }
        log.Dispose();
        return await TileLog.ContinueAsync(folder.Ledger, key, records, time, cancellation);
    }

    private static List<AnchorConfiguration> Places(Settings settings)
    {
        List<AnchorConfiguration> places = [];
        foreach (
            (string setting, AnchorKind kind) in new[]
            {
                ("ledger.anchor_file", AnchorKind.File),
                ("ledger.anchor_webhook", AnchorKind.WebHook),
                ("ledger.anchor_git", AnchorKind.Git),
            }
        )
        {
            if (settings.Text(setting) is { Length: > 0 } target)
            {
                places.Add(new AnchorConfiguration(kind, target));
            }
        }
        return places;
    }
}
