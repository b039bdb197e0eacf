using System.Text.Json.Serialization;

namespace Custodiet.Records.Ledger;

/// <summary>The data folder was brought to another format.</summary>
/// <param name="From">The format it had.</param>
/// <param name="To">The format it has now.</param>
/// <param name="Version">The version of Custodiet that did it.</param>
public sealed record FolderMigrated(int From, int To, string Version) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "folder.migrated/1";
}

/// <summary>A backup as records name it.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="MadeAt">The moment whose state it holds.</param>
/// <param name="Sha256">Of its manifest, which lists every file with its digest; lower-case hex.</param>
/// <param name="Origin">The log whose checkpoint lies in it.</param>
/// <param name="Size">Entries under that checkpoint.</param>
/// <param name="Root">The checkpoint's root.</param>
public sealed record BackupReference(
    string Name,
    DateTimeOffset MadeAt,
    string Sha256,
    string Origin,
    long Size,
    string Root
);

/// <summary>A backup was made and is complete.</summary>
/// <param name="Backup">Which.</param>
/// <param name="Files">Files in it.</param>
/// <param name="Bytes">Their bytes together.</param>
public sealed record BackupMade(BackupReference Backup, long Files, long Bytes) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "backup.made/1";
}

/// <summary>The data folder was restored from a backup: what was acknowledged after it is not here.</summary>
/// <param name="Backup">Which.</param>
/// <param name="RecordsLost">How many records are known to be missing, from checkpoints outside; null: no checkpoint outside tells.</param>
public sealed record FolderRestored(BackupReference Backup, long? RecordsLost) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "folder.restored/1";
}

/// <summary>A secret in the data folder was <c>set</c> or <c>removed</c>. Its value is nowhere but there, encrypted.</summary>
public sealed record SecretChanged(string Name, string Change) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "secret.changed/1";
}
