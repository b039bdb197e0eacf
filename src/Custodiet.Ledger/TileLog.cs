using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Verification;
using Custodiet.Records;
using Custodiet.Records.Ledger;

namespace Custodiet.Ledger;

/// <summary>
/// The ledger's tree on disk as C2SP tlog-tiles. It follows the record store and never leads it: what a crash left behind
/// is made again from the last checkpoint on, with the same bytes. Safe for several threads.
/// </summary>
public sealed class TileLog : IDisposable
{
    /// <summary>The least time between two checkpoints that nobody asked for.</summary>
    public static readonly TimeSpan SignInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly LedgerKey key;
    private readonly TimeProvider time;
    private readonly NoteVerifier verifier;
    private readonly TileWriter tiles;
    private readonly List<Checkpoint> mustHold = [];
    private long firstRecord;
    private Checkpoint? signed;
    private long? signedTimestamp;
    private bool stale;
    private volatile TileLogState state;

    private TileLog(string folder, LedgerIdentity identity, LedgerKey key, TimeProvider time)
    {
        Folder = folder;
        this.key = key;
        this.time = time;
        verifier = key.VerifierFor(identity.Origin);
        tiles = new TileWriter(folder);
        firstRecord = identity.FirstRecord;
        state = new TileLogState(identity.Origin, verifier.Text, firstRecord, 0, 0, "", null, null, null, null);
    }

    /// <summary>The folder whose files are served; only paths that <see cref="TilePath.IsServed"/> accepts may be.</summary>
    public string Folder { get; }

    /// <summary>Where the log stands.</summary>
    public TileLogState State => state;

    /// <summary>The key that verifies the log.</summary>
    public NoteVerifier Verifier => verifier;

    /// <summary>The newest checkpoint, or null before the first.</summary>
    public Checkpoint? Newest => signed;

    /// <summary>The first record that the log has not taken.</summary>
    public long NextRecord => firstRecord + state.Size;

    /// <summary>
    /// The record that must be appended next, or null: a log that continues an older one begins with a record that names
    /// it. Append it before anything else when the store holds exactly <see cref="TileLogState.FirstRecord"/> records.
    /// </summary>
    public LedgerContinued? PendingContinuation { get; private set; }

    /// <summary>Opens the log, or begins one. What cannot be trusted becomes a refusal in <see cref="State"/>, not an exception.</summary>
    /// <param name="folder">The ledger's folder.</param>
    /// <param name="key">The signing key; the caller disposes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static async ValueTask<TileLog> OpenAsync(
        string folder,
        LedgerKey key,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(time);
        LedgerIdentity identity = LedgerIdentity.OpenOrCreate(folder, key);
        TileLog log = new(folder, identity, key, time);
        await log.LoadAsync(cancellation);
        return log;
    }

    /// <summary>
    /// Retires the log and begins a new one with a new origin, after the record store was restored to an earlier state. The
    /// old log stays readable and provable. Then append <see cref="PendingContinuation"/> as the next record.
    /// </summary>
    /// <param name="folder">The ledger's folder.</param>
    /// <param name="key">The signing key.</param>
    /// <param name="recordCount">How many records the store holds now.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    public static ValueTask<TileLog> ContinueAsync(
        string folder,
        LedgerKey key,
        long recordCount,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(recordCount);
        _ = LedgerIdentity.OpenOrCreate(folder, key);
        LedgerIdentity.Continue(folder, key, recordCount);
        return OpenAsync(folder, key, time, cancellation);
    }

    /// <summary>
    /// Compares the record store with every checkpoint that is known. Null: all is well. Otherwise why nothing may be
    /// appended, and what to do; the log refuses from then on.
    /// </summary>
    /// <param name="recordCount">How many records the store holds.</param>
    /// <param name="read">Reads them.</param>
    /// <param name="outside">Checkpoints read from copies outside; those of other logs are passed over.</param>
    /// <param name="whole">Whether all records are hashed again, or only those of the last bundle.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<string?> CheckAsync(
        long recordCount,
        EnvelopeReader read,
        IReadOnlyList<Checkpoint> outside,
        bool whole,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(outside);
        List<Checkpoint> known =
        [
            .. outside.Where(copy => copy.Origin == state.Origin),
            .. signed is { } local ? [local] : Array.Empty<Checkpoint>(),
        ];
        if (known.MaxBy(checkpoint => checkpoint.Size) is { } newest && recordCount < firstRecord + newest.Size)
        {
            return Refuse(
                $"the record store holds {Counted.Of(recordCount, "record")}, and a checkpoint of {firstRecord + newest.Size} is signed: records are missing."
            );
        }
        await turn.WaitAsync(cancellation);
        try
        {
            // The store has gone on already: the record that begins this log was appended before a crash.
            PendingContinuation = recordCount > firstRecord ? null : PendingContinuation;
            // Sizes that are not integrated yet are compared when the log reaches them, before anything larger is signed.
            mustHold.AddRange(known.Where(checkpoint => checkpoint.Size > tiles.Size));
            return whole ? await CheckAllAsync(known, read, cancellation) : await CheckLastAsync(read, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Takes the next records. Those that were taken before are passed over, so that a repeat is harmless; those beyond
    /// <see cref="NextRecord"/> are not taken. After an exception the log goes back to its last checkpoint by itself.
    /// </summary>
    /// <param name="fromRecord">Index of the first one.</param>
    /// <param name="envelopes">Their envelopes.</param>
    /// <param name="cancellation">Gives up before the first is taken.</param>
    /// <returns>Null, or why the log refuses.</returns>
    /// <exception cref="IOException">The disk failed; try again later.</exception>
    public async ValueTask<string?> IntegrateAsync(
        long fromRecord,
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        await turn.WaitAsync(cancellation);
        try
        {
            await RestartIfStaleAsync(cancellation);
            return Take(fromRecord, envelopes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Suspect();
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>How long until a checkpoint is due; null when nothing waits to be signed.</summary>
    public TimeSpan? UntilDue()
    {
        if (state.Refusal is not null || tiles.Size == (signed?.Size ?? 0) || mustHold.Count > 0)
        {
            return null;
        }
        TimeSpan rest = signedTimestamp is { } last ? SignInterval - time.GetElapsedTime(last) : TimeSpan.Zero;
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    /// <summary>Signs what was taken, now. Gives the newest checkpoint, or null when there is none or the log refuses.</summary>
    public async ValueTask<Checkpoint?> SignAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            await RestartIfStaleAsync(cancellation);
            if (state.Refusal is null && mustHold.Count == 0 && tiles.Size > (signed?.Size ?? 0))
            {
                Sign();
            }
            return signed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Suspect();
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Stands still at exactly the records of a moment: takes those that are missing, signs, and lets the log's files be captured before it
    /// takes anything else. What is captured then has a checkpoint over all records of that moment and over nothing else.
    /// </summary>
    /// <param name="fix">Fixes the moment and answers how many records the store holds at it.</param>
    /// <param name="read">Reads records.</param>
    /// <param name="capture">Captures the files in <see cref="Folder"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The checkpoint, or null when the log cannot sign at present; see <see cref="State"/>.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public async ValueTask<Checkpoint?> StandStillAsync(
        Func<long> fix,
        EnvelopeReader read,
        Action capture,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(fix);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(capture);
        await turn.WaitAsync(cancellation);
        try
        {
            await RestartIfStaleAsync(cancellation);
            long count = fix();
            while (NextRecord < count && state.Refusal is null)
            {
                int limit = (int)Math.Min(count - NextRecord, LedgerFollower.BatchRecords);
                IReadOnlyList<ReadOnlyMemory<byte>> next = await read(NextRecord, limit, cancellation);
                if (next.Count == 0)
                {
                    throw new InvalidOperationException($"Record {NextRecord} of {count} cannot be read.");
                }
                Take(NextRecord, next);
            }
            if (state.Refusal is not null || mustHold.Count > 0)
            {
                return null;
            }
            if (tiles.Size > (signed?.Size ?? 0))
            {
                Sign();
            }
            capture();
            return signed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Suspect();
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The proof that a record is in the ledger, also when an older, retired log holds it; null for a record not signed yet.</summary>
    /// <param name="record">The record's index.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidDataException">Tiles are missing or do not fit the checkpoint.</exception>
    public async ValueTask<LedgerProof?> ProveAsync(long record, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(record);
        if (record >= firstRecord)
        {
            Checkpoint? checkpoint =
                record < firstRecord + (signed?.Size ?? 0) ? signed : await SignAsync(cancellation);
            return await LedgerProof.MakeAsync(Folder, checkpoint, record - firstRecord, cancellation);
        }
        foreach (string retired in LedgerIdentity.RetiredFolders(Folder))
        {
            LedgerIdentity identity = LedgerIdentity.Read(retired);
            if (record >= identity.FirstRecord)
            {
                // After a restore the older log has a key of its own.
                NoteVerifier? old = NoteVerifier.Parse(
                    File.ReadAllText(Path.Combine(retired, "vkey")).Trim(),
                    out string problem
                );
                Checkpoint? last = ReadCheckpoint(retired, old ?? throw new InvalidDataException(problem), out _);
                return await LedgerProof.MakeAsync(retired, last, record - identity.FirstRecord, cancellation);
            }
        }
        return null;
    }

    /// <summary>Ends the use of the log; the last taken records stay unsigned unless <see cref="SignAsync"/> was called.</summary>
    public void Dispose() => turn.Dispose();

    private static Checkpoint? ReadCheckpoint(string folder, NoteVerifier verifier, out string problem)
    {
        string file = Path.Combine(folder, "checkpoint");
        problem = "";
        return File.Exists(file)
            ? Checkpoint.Open(Encoding.UTF8.GetString(File.ReadAllBytes(file)), verifier, out problem)
            : null;
    }

    private async ValueTask LoadAsync(CancellationToken cancellation)
    {
        string published = File.ReadAllText(Path.Combine(Folder, "vkey")).Trim();
        if (published != verifier.Text)
        {
            Refuse("its key is not the one that the log was begun with. Restore keys/ledger.key from the backup:");
            return;
        }
        LoadContinuation();
        signed = ReadCheckpoint(Folder, verifier, out string problem);
        if (signed is null)
        {
            if (problem.Length > 0)
            {
                Refuse($"its own checkpoint cannot be trusted. {problem}");
            }
            return;
        }
        state = state with { SignedSize = signed.Size, SignedRoot = signed.Root.ToString() };
        await RestartAsync(signed, cancellation);
    }

    // Called in turn.
    private string? Take(long fromRecord, IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        for (int i = 0; i < envelopes.Count && state.Refusal is null; i++)
        {
            if (fromRecord + i == firstRecord + tiles.Size)
            {
                tiles.Append(envelopes[i].Span);
                CheckReached();
            }
        }
        PendingContinuation = tiles.Size > 0 ? null : PendingContinuation;
        state = state with { Size = tiles.Size };
        return state.Refusal;
    }

    private void Suspect()
    {
        stale = true;
        tiles.Suspect();
    }

    private async ValueTask RestartIfStaleAsync(CancellationToken cancellation)
    {
        if (stale)
        {
            await RestartAsync(signed, cancellation);
            stale = false;
        }
    }

    private async ValueTask RestartAsync(Checkpoint? checkpoint, CancellationToken cancellation)
    {
        try
        {
            await tiles.LoadAsync(checkpoint?.Size ?? 0, cancellation);
            if (checkpoint is not null && tiles.Root != checkpoint.Root)
            {
                throw new InvalidDataException("The tiles do not hash to the signed root.");
            }
        }
        catch (InvalidDataException error)
        {
            // The records are the truth; the tiles are made again from them and must reach the signed root.
            await tiles.LoadAsync(0, cancellation);
            mustHold.Add(checkpoint!);
            state = state with { Rebuilding = error.Message };
        }
        state = state with { Size = tiles.Size };
    }

    private void LoadContinuation()
    {
        IReadOnlyList<string> older = LedgerIdentity.RetiredFolders(Folder);
        if (firstRecord > 0 && older.Count > 0)
        {
            string retired = older[0];
            LedgerIdentity old = LedgerIdentity.Read(retired);
            string file = Path.Combine(retired, "checkpoint");
            string last = File.Exists(file) ? File.ReadAllText(file) : "";
            PendingContinuation = new LedgerContinued(old.Origin, last, firstRecord);
        }
        if (File.Exists(Path.Combine(Folder, "checkpoint")))
        {
            PendingContinuation = null;
        }
    }

    // Called in turn, after each entry: a known checkpoint of exactly this size must have this root.
    private void CheckReached()
    {
        for (int i = mustHold.Count - 1; i >= 0; i--)
        {
            if (mustHold[i].Size != tiles.Size)
            {
                continue;
            }
            if (mustHold[i].Root != tiles.Root)
            {
                Refuse($"the first {tiles.Size} records are not those that were signed: the roots differ.");
                return;
            }
            mustHold.RemoveAt(i);
        }
        if (mustHold.Count == 0 && state.Rebuilding is not null)
        {
            // The signed tiles are whole again on disk before anyone relies on them.
            tiles.Flush();
            state = state with { Rebuilding = null };
        }
    }

    private async ValueTask<string?> CheckLastAsync(EnvelopeReader read, CancellationToken cancellation)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> last = EntryBundle.Parse(tiles.Bundle) ?? [];
        long from = firstRecord + tiles.Size - last.Count;
        IReadOnlyList<ReadOnlyMemory<byte>> stored = last.Count == 0 ? [] : await read(from, last.Count, cancellation);
        for (int i = 0; i < last.Count; i++)
        {
            if (i >= stored.Count || !stored[i].Span.SequenceEqual(last[i].Span))
            {
                return Refuse($"record {from + i} is not the one that was signed.");
            }
        }
        return state.Refusal;
    }

    private async ValueTask<string?> CheckAllAsync(
        List<Checkpoint> known,
        EnvelopeReader read,
        CancellationToken cancellation
    )
    {
        if (await RecordCheck.RunAsync(known, firstRecord, read, cancellation) is { } what)
        {
            return Refuse(what);
        }
        state = state with { VerifiedAt = time.GetUtcNow() };
        return state.Refusal;
    }

    private void Sign()
    {
        tiles.Flush();
        Checkpoint next = key.Sign(state.Origin, tiles.Size, tiles.Root);
        DurableFiles.Replace(Path.Combine(Folder, "checkpoint"), Encoding.UTF8.GetBytes(next.Note));
        tiles.CleanUp();
        signed = next;
        signedTimestamp = time.GetTimestamp();
        state = state with
        {
            SignedSize = next.Size,
            SignedRoot = next.Root.ToString(),
            LastSignedAt = time.GetUtcNow(),
        };
    }

    private string Refuse(string what)
    {
        string reason =
            $"The ledger {state.Origin} refuses to take records: {what} "
            + "Stop Custodiet and restore the newest backup of the whole data folder. If there is no newer one, "
            + "'custodiet ledger continue' begins a new log that names this one, its last checkpoint and the restored size.";
        state = state with { Refusal = reason };
        return reason;
    }
}
