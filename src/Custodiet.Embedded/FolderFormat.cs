using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Custodiet.Embedded;

/// <summary>The data folder went from one format to another.</summary>
/// <param name="From">The format it had.</param>
/// <param name="To">The format it has.</param>
public sealed record FormatChange(int From, int To);

/// <summary>
/// Brings a data folder from the format before to this one. It can be cut short at any point and is then run again from its beginning, so
/// each of its steps must bear to be repeated.
/// </summary>
/// <param name="To">The format it leads to; from the one before.</param>
/// <param name="What">What it changes, for whoever reads the message when it fails.</param>
/// <param name="Apply">Does it, on the folder of that path. Nobody else has the folder open.</param>
internal sealed record Migration(int To, string What, Action<string> Apply);

/// <summary>All migrations, in order. The newest one's number is the format that this version writes; format 1 is the first that was released.</summary>
internal static class Migrations
{
    public static readonly IReadOnlyList<Migration> All = [];

    /// <summary>The format that a list of migrations leads to.</summary>
    public static int Newest(IReadOnlyList<Migration> migrations) => migrations.Count == 0 ? 1 : migrations[^1].To;
}

/// <summary>
/// The format of a data folder: file <c>format</c> holds its number, <c>written-by</c> the version of Custodiet that last opened it, and
/// <c>migrated</c> a change that the ledger does not know of yet.
/// </summary>
internal static class FolderFormat
{
    /// <summary>This version of Custodiet.</summary>
    public static string Product { get; } =
        typeof(FolderFormat)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "0";

    /// <summary>Checks the format, and brings the folder to the newest one.</summary>
    /// <returns>A change that is not recorded yet: of this call, or of one that a crash followed; or null.</returns>
    /// <exception cref="DataFolderException">The format is newer, cannot be read, or a migration failed.</exception>
    public static FormatChange? Bring(string root, IReadOnlyList<Migration> migrations)
    {
        int newest = Migrations.Newest(migrations);
        int version = Read(root, newest);
        FormatChange? pending = ReadChange(root);
        if (version < newest)
        {
            // Written first: whatever happens from here on, the ledger learns where the folder came from.
            pending = new FormatChange(pending?.From ?? version, newest);
            DurableFolder.Replace(Path.Combine(root, "migrated"), JsonSerializer.SerializeToUtf8Bytes(pending));
            foreach (Migration migration in migrations.Where(m => m.To > version))
            {
                Apply(root, migration);
            }
        }
        DurableFolder.Replace(Path.Combine(root, "written-by"), Encoding.ASCII.GetBytes(Product + "\n"));
        return pending;
    }

    /// <summary>The folder's format, or null when there is none or it cannot be read.</summary>
    public static int? TryRead(string root)
    {
        string file = Path.Combine(root, "format");
        return
            File.Exists(file)
            && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int v)
            && v > 0
            ? v
            : null;
    }

    /// <summary>Forgets a change, once its record is durable.</summary>
    public static void Recorded(string root)
    {
        File.Delete(Path.Combine(root, "migrated"));
        DurableFolder.Flush(root);
    }

    private static void Apply(string root, Migration migration)
    {
        try
        {
            migration.Apply(root);
            Write(root, migration.To);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DataFolderException(
                DataFolderRefusal.NotMigrated,
                $"The data folder {root} could not be brought to format {migration.To} ({migration.What}): {error.Message} Nothing is lost: set that right and start again, or go on with the version before.",
                error
            );
        }
    }

    private static int Read(string root, int newest)
    {
        string file = Path.Combine(root, "format");
        if (!File.Exists(file))
        {
            Write(root, newest);
            return newest;
        }
        int version =
            TryRead(root)
            ?? throw new DataFolderException(
                DataFolderRefusal.Damaged,
                $"{file} should hold a format version such as {newest}, and holds something else. Restore the folder from a backup, or name another folder with --data."
            );
        if (version > newest)
        {
            string writer = Path.Combine(root, "written-by");
            string other = File.Exists(writer) ? $"version {File.ReadAllText(writer).Trim()}" : "a newer version";
            throw new DataFolderException(
                DataFolderRefusal.Newer,
                $"The data folder {root} has format {version}, written by {other} of Custodiet; this is version {Product}, which reads formats up to {newest}. "
                    + $"Use {other} again: going back is not possible without a backup made before the upgrade ('custodiet restore')."
            );
        }
        return version;
    }

    private static void Write(string root, int version) =>
        DurableFolder.Replace(
            Path.Combine(root, "format"),
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{version}\n"))
        );

    private static FormatChange? ReadChange(string root)
    {
        string file = Path.Combine(root, "migrated");
        return File.Exists(file) ? JsonSerializer.Deserialize<FormatChange>(File.ReadAllBytes(file)) : null;
    }
}
