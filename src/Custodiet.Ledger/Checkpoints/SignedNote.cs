using System.Buffers.Binary;
using System.Text;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Checkpoints;

/// <summary>A text and the signatures below it (C2SP signed-note). The text means nothing before a known key has verified it.</summary>
public sealed class SignedNote
{
    /// <summary>The largest note that is read, in bytes.</summary>
    public const int BytesMax = 65_536;

    /// <summary>The most signatures that are read.</summary>
    public const int SignaturesMax = 64;

    private const string SignatureStart = "— ";

    private readonly IReadOnlyList<(string Name, uint KeyId, byte[] Signature)> signatures;

    private SignedNote(string text, IReadOnlyList<(string, uint, byte[])> signatures)
    {
        Text = text;
        this.signatures = signatures;
    }

    /// <summary>The signed text with its last newline.</summary>
    public string Text { get; }

    /// <summary>Reads a note; null with what is wrong. Never throws for hostile input.</summary>
    public static SignedNote? Parse(string note, out string problem)
    {
        ArgumentNullException.ThrowIfNull(note);
        problem = "The note is not a text, an empty line and signature lines.";
        if (note.Length > BytesMax || note.Any(c => c < ' ' && c != '\n') || note.Contains('\uFFFD'))
        {
            return null;
        }
        int split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !note.EndsWith('\n') || split + 2 >= note.Length)
        {
            return null;
        }
        List<(string, uint, byte[])> signatures = [];
        foreach (string line in note[(split + 2)..^1].Split('\n'))
        {
            string[] parts = line.Split(' ');
            if (
                parts.Length != 3
                || !line.StartsWith(SignatureStart, StringComparison.Ordinal)
                || !NoteVerifier.IsName(parts[1])
                || StrictBase64.Decode(parts[2]) is not { Length: > 4 } bytes
            )
            {
                problem = "A signature line is not '— name base64'.";
                return null;
            }
            signatures.Add((parts[1], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4..]));
        }
        if (signatures.Count > SignaturesMax)
        {
            problem = $"The note has more than {SignaturesMax} signatures.";
            return null;
        }
        problem = "";
        return new SignedNote(note[..(split + 1)], signatures);
    }

    /// <summary>Whether this key signed the note; a wrong signature under its name and id is a refusal, unknown keys are passed over.</summary>
    public bool IsSignedBy(NoteVerifier verifier)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        byte[] text = Encoding.UTF8.GetBytes(Text);
        bool signed = false;
        foreach ((string name, uint keyId, byte[] signature) in signatures)
        {
            if (keyId == verifier.KeyId && string.Equals(name, verifier.Name, StringComparison.Ordinal))
            {
                if (!verifier.Verify(text, signature))
                {
                    return false;
                }
                signed = true;
            }
        }
        return signed;
    }

    /// <summary>Puts a signature line below a text.</summary>
    internal static string Write(string text, string name, uint keyId, ReadOnlySpan<byte> signature)
    {
        byte[] bytes = new byte[4 + signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, keyId);
        signature.CopyTo(bytes.AsSpan(4));
        return $"{text}\n{SignatureStart}{name} {Convert.ToBase64String(bytes)}\n";
    }
}
