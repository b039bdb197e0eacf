namespace Custodiet.Documents;

/// <summary>Finds the word that somebody probably meant.</summary>
public static class Nearest
{
    /// <summary>The known word within two edits (Levenshtein) of a text, or null.</summary>
    public static string? To(string text, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(known);
        string? best = null;
        int distance = 3;
        foreach (string candidate in known)
        {
            int edits = text.Length > 64 ? int.MaxValue : Edits(text, candidate);
            if (edits < distance)
            {
                (best, distance) = (candidate, edits);
            }
        }
        return best;
    }

    private static int Edits(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
