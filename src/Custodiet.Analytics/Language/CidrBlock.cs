using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Custodiet.Analytics.Language;

/// <summary>A network in CIDR notation, IPv4 or IPv6. An IPv4 address mapped into IPv6 is an IPv6 address.</summary>
internal readonly record struct CidrBlock(bool IsV6, UInt128 Network, int PrefixLength)
{
    public static bool TryParse(string text, out CidrBlock block)
    {
        block = default;
        int slash = text.IndexOf('/');
        if (
            !TryParseAddress(Encoding.UTF8.GetBytes(slash < 0 ? text : text[..slash]), out bool v6, out UInt128 address)
        )
        {
            return false;
        }
        int bits = v6 ? 128 : 32;
        int length = bits;
        if (
            slash >= 0
            && !(
                int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
                && length <= bits
            )
        )
        {
            return false;
        }
        block = new CidrBlock(v6, address & Mask(bits, length), length);
        return true;
    }

    public bool Contains(bool v6, UInt128 address) =>
        v6 == IsV6 && (address & Mask(v6 ? 128 : 32, PrefixLength)) == Network;

    /// <summary>Reads an address. IPv4 only as four decimal numbers: other spellings are read differently by different tools.</summary>
    public static bool TryParseAddress(ReadOnlySpan<byte> text, out bool v6, out UInt128 address)
    {
        v6 = text.Contains((byte)':');
        address = default;
        if (!v6)
        {
            bool valid = TryParseV4(text, out uint four);
            address = four;
            return valid;
        }
        if (
            text.Length > 64
            || text[0] == (byte)'['
            || !IPAddress.TryParse(text, out IPAddress? parsed)
            || parsed.AddressFamily != AddressFamily.InterNetworkV6
        )
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        int position = 0;
        for (int part = 0; part < 4; part++)
        {
            int start = position;
            uint number = 0;
            while (position < text.Length && char.IsAsciiDigit((char)text[position]) && position - start < 3)
            {
                number = (number * 10) + (uint)(text[position++] - '0');
            }
            bool leadingZero = position - start > 1 && text[start] == (byte)'0';
            if (position == start || number > 255 || leadingZero)
            {
                return false;
            }
            address = (address << 8) | number;
            if (part < 3 && (position == text.Length || text[position++] != (byte)'.'))
            {
                return false;
            }
        }
        return position == text.Length;
    }

    private static UInt128 Mask(int bits, int length) =>
        length == 0 ? UInt128.Zero : (UInt128.MaxValue << (bits - length)) & (UInt128.MaxValue >> (128 - bits));
}
