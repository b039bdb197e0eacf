using System.Security.Cryptography;
using System.Text.Json;
using Custodiet.Cli;
using Custodiet.Embedded;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Records.Ledger;

namespace Custodiet.Backups;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Below the backup's folder, with slashes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its content, lower-case hex.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256);

/// <summary>
/// What a backup holds, as file <c>backup.json</c> in it. It is written last, and the backup gets its name after it: a folder with both is
/// complete.
/// </summary>
/// <param name="SchemaVersion">Version of this shape.</param>
/// <param name="Name">The backup's name: the moment in UTC.</param>
/// <param name="MadeAt">The moment whose state it holds.</param>
/// <param name="Version">The version of Custodiet that made it.</param>
/// <param name="Format">The data folder's format.</param>
/// <param name="Checkpoint">The signed checkpoint over all its records, as a note.</param>
/// <param name="VerifierKey">The key that verifies the checkpoint.</param>
/// <param name="Records">Records in it.</param>
/// <param name="EventsTo">The first event that is not in it.</param>
/// <param name="Files">Every file, in the order of their paths.</param>
/// <param name="Damaged">Files that were damaged in the data folder already: what is wrong with each.</param>
internal sealed record BackupManifest(
    int SchemaVersion,
    string Name,
    DateTimeOffset MadeAt,
    string Version,
    int Format,
    string Checkpoint,
    string VerifierKey,
    long Records,
    long EventsTo,
    IReadOnlyList<BackupFile> Files,
    IReadOnlyList<string> Damaged
)
{
    /// <summary>The shape that this version writes.</summary>
    public const int Schema = 1;

    /// <summary>The file's name.</summary>
    public const string FileName = "backup.json";

    /// <summary>The folder of the data within the backup.</summary>
    public const string Data = "data";

    private static readonly JsonSerializerOptions json = new(Output.Json) { WriteIndented = true };

    /// <summary>Reads the manifest of a backup's folder.</summary>
    /// <exception cref="BackupException">It is missing, cannot be read, or is of a newer version.</exception>
    public static BackupManifest Read(string backup)
    {
        string file = System.IO.Path.Combine(backup, FileName);
        if (!File.Exists(file))
        {
            throw new BackupException($"{backup} is no complete backup: there is no {FileName} in it.");
        }
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(file), json);
        }
        catch (JsonException error)
        {
            throw new BackupException($"{file} cannot be read: {error.Message} Take another backup.");
        }
        if (manifest is not { Files: not null, Damaged: not null, Checkpoint: not null, VerifierKey: not null })
        {
            throw new BackupException($"{file} lacks something that every manifest has. Take another backup.");
        }
        if (manifest.SchemaVersion > Schema || manifest.Format > DataFolder.FormatVersion)
        {
            throw new BackupException(
                $"{backup} was made by version {manifest.Version} of Custodiet, with format {manifest.Format} of the data folder; this is version {Flow.Version}, which reads formats up to {DataFolder.FormatVersion}. Use version {manifest.Version} or a later one."
            );
        }
        foreach (BackupFile bad in manifest.Files.Where(f => !IsInside(f.Path)))
        {
            throw new BackupException(
                $"{file} names «{bad.Path}», which does not lie in the backup. Take another one."
            );
        }
        return manifest;
    }

    /// <summary>Writes the manifest durably, and answers its digest.</summary>
    public string Write(string backup)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(this, json);
        DurableFolder.Replace(System.IO.Path.Combine(backup, FileName), bytes);
        return Digest(bytes);
    }

    /// <summary>The digest of the manifest's file, which stands for the whole backup.</summary>
    public static string DigestOf(string backup) => Digest(File.ReadAllBytes(System.IO.Path.Combine(backup, FileName)));

    /// <summary>The signed checkpoint.</summary>
    /// <exception cref="BackupException">It is not signed by the key beside it.</exception>
    public Checkpoint ReadCheckpoint() =>
        NoteVerifier.Parse(VerifierKey, out string problem) is { } verifier
        && Ledger.Checkpoints.Checkpoint.Open(Checkpoint, verifier, out problem) is { } checkpoint
            ? checkpoint
            : throw new BackupException($"The checkpoint of backup {Name} cannot be trusted: {problem}");

    /// <summary>The backup as records name it.</summary>
    /// <param name="digest">Of the manifest's file.</param>
    public BackupReference ToReference(string digest)
    {
        Checkpoint checkpoint = ReadCheckpoint();
        return new BackupReference(
            Name,
            MadeAt,
            digest,
            checkpoint.Origin,
            checkpoint.Size,
            checkpoint.Root.ToString()
        );
    }

    // Whoever can write a manifest must not be able to write anywhere else by having it restored.
    private static bool IsInside(string path) =>
        path.Length > 0
        && path[0] != '/'
        && !path.Split('/').Any(part => part is "" or "." or "..")
        && !path.Contains('\0', StringComparison.Ordinal);

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
