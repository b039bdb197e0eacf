using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Custodiet.BrowserTests;

/// <summary>An authenticator app: RFC 6238 with SHA-1, 30 seconds and 6 digits, written from the RFC and not from the product.</summary>
internal static class Authenticator
{
    /// <summary>The bytes of a base 32 secret as a page shows it, in groups.</summary>
    public static byte[] ReadSecret(string shown)
    {
        List<byte> bytes = [];
        int bits = 0;
        int value = 0;
        foreach (char letter in shown.Where(char.IsAsciiLetterOrDigit))
        {
            value = (value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal);
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(value >> bits));
                value &= (1 << bits) - 1;
            }
        }
        return [.. bytes];
    }

    /// <summary>The code of now, or of as many steps later.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238 apps use SHA-1.")]
    public static string Code(byte[] secret, int later = 0)
    {
        byte[] counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30 + later);
        byte[] mac = HMACSHA1.HashData(secret, counter);
        int number = BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 15)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
