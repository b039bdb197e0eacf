namespace Custodiet.Ledger.Tree;

/// <summary>Base 64 with exactly one spelling per value, so that no byte of a signed file can change unseen.</summary>
internal static class StrictBase64
{
    /// <summary>The bytes, or null when the text is not the one way to write them.</summary>
    public static byte[]? Decode(string text)
    {
        byte[] bytes = new byte[text.Length / 4 * 3];
        return
            text.Length % 4 == 0
            && Convert.TryFromBase64String(text, bytes, out int length)
            && string.Equals(Convert.ToBase64String(bytes, 0, length), text, StringComparison.Ordinal)
            ? bytes[..length]
            : null;
    }
}
