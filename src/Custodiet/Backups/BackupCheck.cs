using System.Globalization;
using Custodiet.Embedded;
using Custodiet.Ledger;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Verification;
using Custodiet.Records.Ledger;

namespace Custodiet.Backups;

/// <summary>What checking a backup, or a folder restored from one, gave.</summary>
/// <param name="Manifest">What it says it holds.</param>
/// <param name="Digest">SHA-256 of the manifest.</param>
/// <param name="Bodies">Records whose body was compared with its envelope.</param>
/// <param name="Problems">Everything that is wrong, at most <see cref="BackupCheck.ProblemsMax"/>; empty: it is whole.</param>
internal sealed record CheckedBackup(
    BackupManifest Manifest,
    string Digest,
    long Bodies,
    IReadOnlyList<string> Problems
);

/// <summary>Checks a backup: every digest, the ledger's every hash under its signed checkpoint, every record against the ledger.</summary>
internal static class BackupCheck
{
    /// <summary>How many problems are listed.</summary>
    public const int ProblemsMax = 200;

    /// <summary>Checks a backup where it lies; nothing is written.</summary>
    /// <param name="backup">The backup's folder.</param>
    /// <param name="vkey">The ledger's key that is trusted, or null for the one in the backup.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BackupException">Its manifest cannot be read.</exception>
    public static async Task<CheckedBackup> RunAsync(string backup, NoteVerifier? vkey, CancellationToken cancellation)
    {
        BackupManifest manifest = BackupManifest.Read(backup);
        List<string> problems = [.. manifest.Damaged];
        HashSet<string> listed = [.. manifest.Files.Select(f => f.Path)];
        foreach (string file in BackupWriter.Files(backup).Where(f => f != BackupManifest.FileName))
        {
            if (!listed.Contains(file))
            {
                problems.Add($"{file} is not in the manifest: somebody put it there.");
            }
        }
        foreach (BackupFile file in manifest.Files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Compare(Path.Combine(backup, file.Path), file) is { } problem)
            {
                problems.Add(problem);
            }
        }
        long bodies = await DataAsync(
            Path.Combine(backup, BackupManifest.Data),
            manifest,
            vkey,
            problems,
            cancellation
        );
        return new CheckedBackup(manifest, BackupManifest.DigestOf(backup), bodies, [.. problems.Take(ProblemsMax)]);
    }

    /// <summary>Checks ledger and records of a folder laid out as the data folder; answers how many bodies were compared.</summary>
    public static async Task<long> DataAsync(
        string data,
        BackupManifest manifest,
        NoteVerifier? vkey,
        List<string> problems,
        CancellationToken cancellation
    )
    {
        try
        {
            using RecordsCopy records = RecordsCopy.Open(Path.Combine(data, "records.db"));
            problems.AddRange(records.Damage().Select(damage => $"records.db: {damage}"));
            if (records.Count != manifest.Records)
            {
                problems.Add($"records.db holds {records.Count} records, not {manifest.Records}.");
            }
            string ledger = Path.Combine(data, "ledger");
            string retired = Path.Combine(ledger, "retired");
            foreach (string older in Directory.Exists(retired) ? Directory.EnumerateDirectories(retired) : [])
            {
                // Its last records may have been lost for good before the log after it began, so only the tree itself is checked.
                await TreeAsync(older, null, null, problems, cancellation);
            }
            LedgerVerification found = await TreeAsync(ledger, vkey, records, problems, cancellation);
            if (found.Checkpoint is { } checkpoint)
            {
                await RecordsAsync(ledger, checkpoint, manifest.ReadCheckpoint(), records, problems, cancellation);
            }
            return found.Bodies;
        }
        catch (Exception unreadable)
            when (unreadable is IOException or InvalidDataException or BackupException or UnauthorizedAccessException)
        {
            problems.Add(unreadable.Message);
            return 0;
        }
    }

    private static string? Compare(string path, BackupFile file)
    {
        try
        {
            FileInfo there = new(path);
            return !there.Exists ? $"{file.Path} is missing."
                : there.Length != file.Bytes
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{file.Path} has {there.Length} bytes, not {file.Bytes}."
                    )
                : BackupWriter.DigestOf(path) != file.Sha256
                    ? $"{file.Path} is not what was written: its digest differs."
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"{file.Path} cannot be read: {unreadable.Message}";
        }
    }

    private static async Task<LedgerVerification> TreeAsync(
        string folder,
        NoteVerifier? vkey,
        RecordsCopy? records,
        List<string> problems,
        CancellationToken cancellation
    )
    {
        NoteVerifier verifier =
            vkey
            ?? NoteVerifier.Parse(File.ReadAllText(Path.Combine(folder, "vkey")).Trim(), out string problem)
            ?? throw new InvalidDataException($"{folder}/vkey: {problem}");
        BodyReader? bodies = records is null ? null : (id, _) => ValueTask.FromResult(BodyOf(records, id));
        LedgerVerification found = await LedgerVerifier.VerifyDirectoryAsync(folder, verifier, bodies, cancellation);
        problems.AddRange(found.Mismatches.Select(m => $"{Path.GetFileName(folder)}/{m.Where}: {m.What}"));
        return found;
    }

    private static async Task RecordsAsync(
        string ledger,
        Checkpoint checkpoint,
        Checkpoint expected,
        RecordsCopy records,
        List<string> problems,
        CancellationToken cancellation
    )
    {
        if (checkpoint.Size != expected.Size || checkpoint.Root != expected.Root)
        {
            problems.Add("ledger/checkpoint is not the one that the manifest names.");
        }
        string first = File.ReadAllText(Path.Combine(ledger, "first-record"));
        string? different = await RecordCheck.RunAsync(
            [checkpoint],
            long.Parse(first, CultureInfo.InvariantCulture),
            (from, limit, _) => ValueTask.FromResult(Envelopes(records, from, limit)),
            cancellation
        );
        if (different is not null)
        {
            problems.Add($"records.db: {different}");
        }
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Envelopes(RecordsCopy records, long from, int limit) =>
        [.. records.Read(from, limit).Select(record => record.Sealed.Envelope)];

    private static SealedBody? BodyOf(RecordsCopy records, RecordId id) =>
        records.Find(id) is StoredRecord record
            ? new SealedBody(record.Sealed.Salt, record.Sealed.Body, record.Erased)
            : null;
}
