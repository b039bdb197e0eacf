using System.Buffers;
using System.Text;

namespace Custodiet.Analytics.Language;

/// <summary>
/// The one rule by which letters are equal whatever their case: each code point is replaced by the lower case of its upper case,
/// by the invariant culture's simple mappings. Rules and events go through the same table, so they cannot disagree.
/// </summary>
internal static class Folding
{
    /// <summary>A folded value is at most this many times as long in UTF-8: some two-byte letters have a three-byte partner.</summary>
    public const int GrowthMax = 2;

    private static readonly char[] Table = BuildTable();

    public static string Fold(string text)
    {
        StringBuilder folded = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            folded.Append(Fold(rune).ToString());
        }
        return folded.ToString();
    }

    public static Rune Fold(Rune rune) =>
        rune.IsBmp ? new Rune(Table[rune.Value]) : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune));

    /// <summary>Folds UTF-8. Bytes that are no valid UTF-8 are kept as they are.</summary>
    /// <returns>Bytes written; the target has <see cref="GrowthMax"/> times the source's length.</returns>
    public static int Fold(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            if (source[0] < 0x80)
            {
                target[written++] = (byte)Table[source[0]];
                source = source[1..];
            }
            else if (Rune.DecodeFromUtf8(source, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                written += Fold(rune).EncodeToUtf8(target[written..]);
                source = source[consumed..];
            }
            else
            {
                source[..consumed].CopyTo(target[written..]);
                written += consumed;
                source = source[consumed..];
            }
        }
        return written;
    }

    private static char[] BuildTable()
    {
        char[] table = new char[char.MaxValue + 1];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (char)i;
        }
        for (int i = 0; i < table.Length; i++)
        {
            if (!char.IsSurrogate((char)i))
            {
                table[i] = char.ToLowerInvariant(char.ToUpperInvariant((char)i));
            }
        }
        return table;
    }
}
