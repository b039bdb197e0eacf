using System.Buffers.Binary;

namespace Custodiet.Pipeline.Otlp;

/// <summary>
/// Reads the fields of one protobuf message, one after another, without a schema (protobuf.dev, «Encoding»). What is broken ends it and
/// sets <see cref="IsBroken"/>; nothing is thrown.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> rest = message;

    /// <summary>The number of the field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a varint, a fixed64 or a fixed32; 0 for others.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a string, bytes or message; empty for others.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the field is of the kind that has <see cref="Bytes"/>.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>Whether the message is not well formed.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Goes to the next field. False at the end, and where the message is broken.</summary>
    public bool Next()
    {
        if (rest.IsEmpty || IsBroken)
        {
            return false;
        }
        if (!TryVarint(out ulong tag) || tag >> 3 is 0 or > 0x1FFF_FFFF)
        {
            return Broken();
        }
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        HasBytes = false;
        switch (tag & 7)
        {
            case 0:
                ulong value;
                if (!TryVarint(out value))
                {
                    return Broken();
                }
                Number = value;
                return true;
            case 1 when rest.Length >= 8:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                rest = rest[8..];
                return true;
            case 2:
                if (!TryVarint(out ulong length) || length > (ulong)rest.Length)
                {
                    return Broken();
                }
                Bytes = rest[..(int)length];
                HasBytes = true;
                rest = rest[(int)length..];
                return true;
            case 5 when rest.Length >= 4:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[4..];
                return true;
            default:
                // Groups are long deprecated, and no message of OTLP has one.
                return Broken();
        }
    }

    private bool Broken()
    {
        IsBroken = true;
        return false;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (int index = 0; index < Math.Min(rest.Length, 10); index++)
        {
            byte part = rest[index];
            value |= (ulong)(part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                rest = rest[(index + 1)..];
                return true;
            }
        }
        return false;
    }
}
