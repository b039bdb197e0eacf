using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tiles;

namespace Custodiet.Ledger;

/// <summary>
/// What names a log in its folder: <c>origin</c>, <c>first-record</c> (the record that is entry 0) and <c>vkey</c>. A log
/// that a later one continues moves to <c>retired/&lt;name&gt;/</c>, whole.
/// </summary>
internal sealed record LedgerIdentity(string Origin, long FirstRecord)
{
    private const string Retired = "retired";
    private const string Moving = "continuing";

    private static readonly string[] parts = ["checkpoint", "origin", "first-record", "vkey", "tile"];

    /// <summary>Reads the identity, or makes one at the first start. Finishes a continuation that was cut short.</summary>
    public static LedgerIdentity OpenOrCreate(string folder, LedgerKey key)
    {
        Directory.CreateDirectory(folder);
        string moving = Path.Combine(folder, Moving);
        if (File.Exists(moving))
        {
            Finish(folder, moving, key);
        }
        string origin = Path.Combine(folder, "origin");
        if (!File.Exists(origin))
        {
            new LedgerIdentity(NewOrigin(), 0).Write(folder, key);
        }
        return Read(folder);
    }

    /// <summary>The identity in a log's folder.</summary>
    public static LedgerIdentity Read(string folder) =>
        new(
            File.ReadAllText(Path.Combine(folder, "origin")).TrimEnd('\n'),
            long.Parse(File.ReadAllText(Path.Combine(folder, "first-record")), CultureInfo.InvariantCulture)
        );

    /// <summary>Retires the log in a folder and begins a new one whose entry 0 is that record. Repeating it after a crash is harmless.</summary>
    public static LedgerIdentity Continue(string folder, LedgerKey key, long firstRecord)
    {
        string moving = Path.Combine(folder, Moving);
        string plan = string.Create(
            CultureInfo.InvariantCulture,
            $"{NewOrigin()}\n{firstRecord}\n{Read(folder).Origin}\n"
        );
        DurableFiles.Replace(moving, Encoding.UTF8.GetBytes(plan));
        Finish(folder, moving, key);
        return Read(folder);
    }

    /// <summary>Folders of retired logs, newest first.</summary>
    public static IReadOnlyList<string> RetiredFolders(string folder)
    {
        string retired = Path.Combine(folder, Retired);
        return Directory.Exists(retired)
            ? [.. Directory.EnumerateDirectories(retired).OrderByDescending(log => Read(log).FirstRecord)]
            : [];
    }

    private static string NewOrigin() => $"custodiet.local/{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    private static void Finish(string folder, string moving, LedgerKey key)
    {
        string[] plan = File.ReadAllLines(moving);
        LedgerIdentity next = new(plan[0], long.Parse(plan[1], CultureInfo.InvariantCulture));
        string target = Path.Combine(folder, Retired, plan[2].Replace('/', '_'));
        Directory.CreateDirectory(target);
        foreach (string part in parts)
        {
            string from = Path.Combine(folder, part);
            string to = Path.Combine(target, part);
            // What the target has was moved before a crash; what stands here then is the new log's.
            if (Directory.Exists(from) && !Directory.Exists(to))
            {
                Directory.Move(from, to);
            }
            else if (File.Exists(from) && !File.Exists(to))
            {
                File.Move(from, to);
            }
        }
        DurableFiles.FlushFolder(target);
        DurableFiles.FlushFolder(Path.Combine(folder, Retired));
        next.Write(folder, key);
        File.Delete(moving);
        DurableFiles.FlushFolder(folder);
    }

    // The origin comes last: a folder with one is complete.
    private void Write(string folder, LedgerKey key)
    {
        string first = string.Create(CultureInfo.InvariantCulture, $"{FirstRecord}\n");
        DurableFiles.Replace(Path.Combine(folder, "first-record"), Encoding.ASCII.GetBytes(first));
        string vkey = key.VerifierFor(Origin).Text + "\n";
        DurableFiles.Replace(Path.Combine(folder, "vkey"), Encoding.ASCII.GetBytes(vkey));
        DurableFiles.Replace(Path.Combine(folder, "origin"), Encoding.ASCII.GetBytes(Origin + "\n"));
    }
}
