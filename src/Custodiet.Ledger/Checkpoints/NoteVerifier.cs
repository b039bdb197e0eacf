using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Custodiet.Ledger.Tree;
using NSec.Cryptography;

namespace Custodiet.Ledger.Checkpoints;

/// <summary>A public Ed25519 key under a name, written <c>name+keyid+base64(0x01 ‖ key)</c> (C2SP signed-note).</summary>
public sealed class NoteVerifier
{
    internal const byte Ed25519Type = 0x01;

    private readonly NSec.Cryptography.PublicKey key;

    private NoteVerifier(string name, NSec.Cryptography.PublicKey key, byte[] raw)
    {
        Name = name;
        this.key = key;
        KeyId = KeyIdOf(name, raw);
        Text = $"{name}+{KeyId:x8}+{Convert.ToBase64String([Ed25519Type, .. raw])}";
    }

    /// <summary>The key's name; for a log, its origin.</summary>
    public string Name { get; }

    /// <summary>First four bytes of <c>SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)</c>.</summary>
    public uint KeyId { get; }

    /// <summary>The key as text, to be published.</summary>
    public string Text { get; }

    /// <summary>Reads a verifier key; null with what is wrong.</summary>
    public static NoteVerifier? Parse(string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Trim().Split('+', 3);
        problem = "A verifier key is 'name+keyid+base64': this is not one.";
        if (
            parts.Length != 3
            || !IsName(parts[0])
            || !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id)
            || StrictBase64.Decode(parts[2]) is not { Length: > 1 } bytes
        )
        {
            return null;
        }
        if (bytes[0] != Ed25519Type || bytes.Length != 33)
        {
            problem = $"The key's type is {bytes[0]}; only Ed25519 (1) with 32 bytes is known.";
            return null;
        }
        NoteVerifier? verifier = Of(parts[0], bytes.AsSpan(1));
        if (verifier is null || verifier.KeyId != id)
        {
            problem = "The key's id does not fit its name and bytes.";
            return null;
        }
        problem = "";
        return verifier;
    }

    /// <summary>Whether a signature over a text is this key's.</summary>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        SignatureAlgorithm.Ed25519.Verify(key, text, signature);

    internal static NoteVerifier? Of(string name, ReadOnlySpan<byte> raw) =>
        NSec.Cryptography.PublicKey.TryImport(
            SignatureAlgorithm.Ed25519,
            raw,
            KeyBlobFormat.RawPublicKey,
            out NSec.Cryptography.PublicKey? key
        )
            ? new NoteVerifier(name, key!, raw.ToArray())
            : null;

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= 200
        && !name.Contains('+')
        && !name.Any(char.IsWhiteSpace)
        && !name.Any(char.IsControl);

    private static uint KeyIdOf(string name, byte[] raw) =>
        BinaryPrimitives.ReadUInt32BigEndian(
            SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Type, .. raw])
        );
}
