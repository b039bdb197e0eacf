using System.Globalization;

namespace Custodiet.Process.Definitions;

/// <summary><c>major.minor.patch</c>, the part of Semantic Versioning 2.0.0 (rule 2) that process definitions use.</summary>
internal static class SemanticVersion
{
    /// <summary>Whether a text is three numbers without leading zeros, each below 2^31.</summary>
    public static bool IsValid(string text) => TryRead(text, out _);

    /// <summary>Compares two valid versions by number.</summary>
    public static int Compare(string left, string right)
    {
        if (!TryRead(left, out (int, int, int) first) || !TryRead(right, out (int, int, int) second))
        {
            throw new ArgumentException("A process version is not major.minor.patch.");
        }
        return first.CompareTo(second);
    }

    private static bool TryRead(string text, out (int Major, int Minor, int Patch) version)
    {
        string[] parts = text.Split('.');
        version = default;
        if (
            parts.Length != 3
            || !TryNumber(parts[0], out int major)
            || !TryNumber(parts[1], out int minor)
            || !TryNumber(parts[2], out int patch)
        )
        {
            return false;
        }
        version = (major, minor, patch);
        return true;
    }

    private static bool TryNumber(string text, out int number)
    {
        number = 0;
        return (text == "0" || !text.StartsWith('0'))
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
