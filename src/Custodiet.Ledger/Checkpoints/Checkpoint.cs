using System.Globalization;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Checkpoints;

/// <summary>What a log signed at one moment: its name, its size and its root (C2SP tlog-checkpoint, without extension lines).</summary>
/// <param name="Origin">The log.</param>
/// <param name="Size">Number of entries.</param>
/// <param name="Root">Root of the tree of that size.</param>
/// <param name="Note">The signed note as it was read, signatures included.</param>
public sealed record Checkpoint(string Origin, long Size, TreeHash Root, string Note)
{
    /// <summary>Reads a checkpoint that a key has signed; null with what is wrong. Never throws for hostile input.</summary>
    public static Checkpoint? Open(string note, NoteVerifier verifier, out string problem)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        if (SignedNote.Parse(note, out problem) is not { } signed)
        {
            return null;
        }
        if (!signed.IsSignedBy(verifier))
        {
            problem = $"The checkpoint carries no valid signature of {verifier.Name}+{verifier.KeyId:x8}.";
            return null;
        }
        string[] lines = signed.Text.Split('\n');
        if (
            lines.Length < 4
            || lines[0] != verifier.Name
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || (lines[1].Length > 1 && lines[1][0] == '0')
            || TreeHash.FromBase64(lines[2]) is not { } root
        )
        {
            problem = "The checkpoint is signed but is not origin, size and base64 root.";
            return null;
        }
        return new Checkpoint(lines[0], size, root, note);
    }

    /// <summary>The text that is signed.</summary>
    internal static string TextOf(string origin, long size, TreeHash root) =>
        string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{root.ToBase64()}\n");
}
