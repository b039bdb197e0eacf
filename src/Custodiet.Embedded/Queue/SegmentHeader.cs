using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace Custodiet.Embedded.Queue;

/// <summary>
/// The first 64 bytes of a segment, little-endian: magic <c>CUSTODQ1</c>, version u32, reserved u32, first offset i64,
/// previous next offset i64, seed u64, zeros, CRC-32 of the 60 bytes before it.
/// </summary>
/// <param name="FirstOffset">Number of the first event; the file's name says the same.</param>
/// <param name="PreviousNextOffset">Where the numbers of the segment before ended; smaller than the first offset only after a gap.</param>
/// <param name="Seed">Random; part of every frame's checksum, so that bytes inside an event cannot pose as a frame.</param>
internal readonly record struct SegmentHeader(long FirstOffset, long PreviousNextOffset, ulong Seed)
{
    public const int Bytes = 64;
    public const int Version = 1;
    private const string Extension = ".seg";

    private static ReadOnlySpan<byte> Magic => "CUSTODQ1"u8;

    public static string NameOf(long firstOffset) =>
        firstOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension;

    /// <summary>The offset in a segment's name, or null for another file.</summary>
    public static long? OffsetOf(string name, string suffix = "") =>
        name.Length == 20 + Extension.Length + suffix.Length
        && name.EndsWith(Extension + suffix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            ? offset
            : null;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), FirstOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), PreviousNextOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), Seed);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(60), Crc32.HashToUInt32(bytes.AsSpan(0, 60)));
        return bytes;
    }

    /// <summary>Reads a header; null with what is wrong.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> bytes, long nameOffset, out string problem)
    {
        problem = "";
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic))
        {
            problem = "the file does not begin as a segment does.";
            return null;
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[60..]) != Crc32.HashToUInt32(bytes[..60]))
        {
            problem = "the header's checksum does not match.";
            return null;
        }
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        SegmentHeader header = new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])
        );
        if (version != Version)
        {
            problem = $"its format version is {version}, this version of Custodiet reads {Version}.";
            return null;
        }
        if (header.FirstOffset != nameOffset)
        {
            problem = $"its header says that it begins with event {header.FirstOffset}; it was renamed.";
            return null;
        }
        return header;
    }
}
