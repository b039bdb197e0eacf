using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Custodiet.People;

/// <summary>Random texts that people and programs show to get in, and how they are kept and compared.</summary>
internal static class Secrets
{
    // Crockford's base 32: no I, L, O, U, so that a code survives being read aloud.
    private const string codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const string base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A one-time code of 100 random bits, as <c>XXXXX-XXXXX-XXXXX-XXXXX</c>.</summary>
    public static string NewCode() =>
        string.Join('-', RandomNumberGenerator.GetString(codeAlphabet, 20).Chunk(5).Select(c => new string(c)));

    /// <summary>A recovery code of 60 random bits, as <c>XXXXXX-XXXXXX</c>.</summary>
    public static string NewRecoveryCode() =>
        string.Join('-', RandomNumberGenerator.GetString(codeAlphabet, 12).Chunk(6).Select(c => new string(c)));

    /// <summary>A token of 256 random bits: <c>cst_</c> and 43 characters of base 62. The prefix lets secret scanners find leaked ones.</summary>
    public static string NewToken()
    {
        var number = new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true);
        Span<char> text = stackalloc char[43];
        for (int i = text.Length - 1; i >= 0; i--)
        {
            number = BigInteger.DivRem(number, 62, out BigInteger digit);
            text[i] = base62[(int)digit];
        }
        return string.Concat("cst_", text);
    }

    /// <summary>160 random bits as hex, for security stamps.</summary>
    public static string NewStamp() => RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>48 random bits behind a prefix: a pseudonym.</summary>
    public static string NewPseudonym(string prefix) =>
        $"{prefix}-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";

    /// <summary>A typed code without the marks that people add or mistake: case, dashes, spaces, O for 0, I and L for 1.</summary>
    public static string NormalizeCode(string? typed)
    {
        var text = new StringBuilder();
        foreach (char c in (typed ?? "").ToUpperInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                text.Append(
                    c switch
                    {
                        'O' => '0',
                        'I' or 'L' => '1',
                        _ => c,
                    }
                );
            }
        }
        return text.ToString();
    }

    /// <summary>SHA-256 as lower-case hex. Enough for texts with 60 and more random bits; passwords need PBKDF2.</summary>
    public static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Equality in a time that says nothing about where two texts differ.</summary>
    public static bool SameText(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
