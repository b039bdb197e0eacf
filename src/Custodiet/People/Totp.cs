using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Custodiet.People;

/// <summary>Time-based one-time passwords as RFC 6238 describes them: HMAC-SHA-1, 30 seconds, 6 digits, as every authenticator app does.</summary>
internal static class Totp
{
    private const int stepSeconds = 30;
    private const string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A new secret of 160 bits, the length RFC 4226 recommends, as base 32.</summary>
    public static string NewSecret() => ToBase32(RandomNumberGenerator.GetBytes(20));

    /// <summary>The step that a moment lies in.</summary>
    public static long StepOf(DateTimeOffset moment) => moment.ToUnixTimeSeconds() / stepSeconds;

    /// <summary>The code of a step, with leading zeros.</summary>
    public static string Code(ReadOnlySpan<byte> secret, long step, int digits = 6)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 apps use SHA-1; its collisions do not weaken HMAC.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        int offset = mac[^1] & 0xf;
        int number = BinaryPrimitives.ReadInt32BigEndian(mac[offset..]) & 0x7fffffff;
        int modulus = 1;
        for (int i = 0; i < digits; i++)
        {
            modulus *= 10;
        }
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>
    /// The step whose code this is, looking one step around now for clocks that differ, as RFC 6238 section 5.2 suggests;
    /// null when it is none of them or not after <paramref name="lastStep"/>: a code works once.
    /// </summary>
    public static long? Verify(string? secretBase32, string? code, DateTimeOffset now, long lastStep)
    {
        if (secretBase32 is null || FromBase32(secretBase32) is not { } secret)
        {
            return null;
        }
        string typed = new([.. (code ?? "").Where(char.IsAsciiDigit)]);
        long current = StepOf(now);
        long? found = null;
        for (long step = current - 1; step <= current + 1; step++)
        {
            if (Secrets.SameText(Code(secret, step), typed) && step > lastStep)
            {
                found = step;
            }
        }
        return found;
    }

    /// <summary>The address in the QR code, as authenticator apps read it.</summary>
    public static string Uri(string secretBase32, string account) =>
        $"otpauth://totp/Custodiet:{System.Uri.EscapeDataString(account)}?secret={secretBase32}&issuer=Custodiet&algorithm=SHA1&digits=6&period=30";

    /// <summary>Base 32 of RFC 4648 without padding.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder((bytes.Length * 8 + 4) / 5);
        int buffer = 0;
        int bits = 0;
        foreach (byte b in bytes)
        {
            buffer = (buffer << 8 | b) & 0xfff;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(base32[(buffer >> bits) & 31]);
            }
        }
        return bits > 0 ? text.Append(base32[(buffer << (5 - bits)) & 31]).ToString() : text.ToString();
    }

    /// <summary>The bytes behind base 32, or null when it is none.</summary>
    public static byte[]? FromBase32(string text)
    {
        var bytes = new List<byte>(text.Length * 5 / 8);
        int buffer = 0;
        int bits = 0;
        foreach (char c in text)
        {
            int value = base32.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }
            buffer = (buffer << 5 | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(buffer >> bits));
            }
        }
        return [.. bytes];
    }
}
