using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Custodiet.Ledger.Tree;

/// <summary>A SHA-256 hash of the tree, hashed as RFC 6962 §2.1 says.</summary>
public readonly record struct TreeHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Bytes = 32;

    private readonly ulong first;
    private readonly ulong second;
    private readonly ulong third;
    private readonly ulong fourth;

    /// <summary>Takes 32 bytes.</summary>
    public TreeHash(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Bytes);
        first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The root of the empty tree: SHA-256 of nothing.</summary>
    public static TreeHash Empty { get; } = new(SHA256.HashData([]));

    /// <summary>The hash of a leaf: <c>SHA-256(0x00 ‖ entry)</c>.</summary>
    public static TreeHash OfLeaf(ReadOnlySpan<byte> entry)
    {
        byte[]? large = entry.Length < 4_096 ? null : new byte[entry.Length + 1];
        Span<byte> prefixed = large ?? stackalloc byte[entry.Length + 1];
        prefixed[0] = 0x00;
        entry.CopyTo(prefixed[1..]);
        return OfPrefixed(prefixed);
    }

    /// <summary>The hash of an inner node: <c>SHA-256(0x01 ‖ left ‖ right)</c>.</summary>
    public static TreeHash OfNode(TreeHash left, TreeHash right)
    {
        Span<byte> prefixed = stackalloc byte[1 + (2 * Bytes)];
        prefixed[0] = 0x01;
        left.CopyTo(prefixed[1..]);
        right.CopyTo(prefixed[(1 + Bytes)..]);
        return OfPrefixed(prefixed);
    }

    /// <summary>Reads 32 bytes of strict base64; null for anything else.</summary>
    public static TreeHash? FromBase64(string text) =>
        StrictBase64.Decode(text) is { Length: Bytes } bytes ? new TreeHash(bytes) : null;

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, first);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], second);
        BinaryPrimitives.WriteUInt64BigEndian(target[16..], third);
        BinaryPrimitives.WriteUInt64BigEndian(target[24..], fourth);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>As base64, the form of checkpoints and proofs.</summary>
    public string ToBase64() => Convert.ToBase64String(ToArray());

    /// <summary>As lower-case hex.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>Hashes bytes that begin with the prefix already.</summary>
    internal static TreeHash OfPrefixed(ReadOnlySpan<byte> prefixed)
    {
        Span<byte> digest = stackalloc byte[Bytes];
        SHA256.HashData(prefixed, digest);
        return new TreeHash(digest);
    }
}
