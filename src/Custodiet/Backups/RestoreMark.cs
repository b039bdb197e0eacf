using System.Text.Json;
using Custodiet.Cli;
using Custodiet.Embedded;
using Custodiet.Records.Ledger;

namespace Custodiet.Backups;

/// <summary>Says in a restored folder where it comes from, until its first start has recorded it.</summary>
/// <param name="Backup">The backup.</param>
/// <param name="VerifierKey">The key of the log that the backup's checkpoint is of.</param>
internal sealed record RestoreMark(BackupReference Backup, string VerifierKey)
{
    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "restored";

    /// <summary>The mark of a data folder, or null.</summary>
    public static RestoreMark? Read(string root)
    {
        string file = Path.Combine(root, FileName);
        return File.Exists(file) ? JsonSerializer.Deserialize<RestoreMark>(File.ReadAllBytes(file), Output.Json) : null;
    }

    /// <summary>Sets it, durably.</summary>
    public void Write(string root) =>
        DurableFolder.Replace(Path.Combine(root, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Output.Json));

    /// <summary>Takes it away.</summary>
    public static void Remove(string root)
    {
        File.Delete(Path.Combine(root, FileName));
        DurableFolder.Flush(root);
    }
}
