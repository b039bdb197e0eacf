namespace Custodiet.Pipeline.Parsers;

/// <summary>How a parser turns dotted JSON names into field names as Sigma writes them.</summary>
/// <param name="StripSpaces">Whether spaces inside names are left out, as Sigma does for Windows.</param>
/// <param name="Under">Name parts that are left out at the front; the first that fits holds.</param>
/// <param name="Rename">Whole dotted names with the field name they get.</param>
/// <param name="Drop">Dotted names that are left out, with everything under them. The raw event keeps them.</param>
/// <param name="Also">Field names that get further names.</param>
internal sealed record FieldNaming(
    bool StripSpaces,
    IReadOnlyList<NamePrefix> Under,
    IReadOnlyDictionary<string, string> Rename,
    IReadOnlyList<string> Drop,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Also
)
{
    /// <summary>Names stay as they are.</summary>
    public static FieldNaming AsWritten { get; } =
        new(false, [], new Dictionary<string, string>(), [], new Dictionary<string, IReadOnlyList<string>>());

    /// <summary>The field name for a dotted name, or null to leave the value out.</summary>
    public string? NameOf(string path)
    {
        if (Rename.TryGetValue(path, out string? renamed))
        {
            return renamed;
        }
        foreach (string dropped in Drop)
        {
            if (IsUnder(path, dropped))
            {
                return null;
            }
        }
        string name = path;
        foreach (NamePrefix prefix in Under)
        {
            if (prefix.Shorten(path) is { } shorter)
            {
                name = shorter;
                break;
            }
        }
        return StripSpaces ? name.Replace(" ", "", StringComparison.Ordinal) : name;
    }

    private static bool IsUnder(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.Ordinal)
        && (path.Length == prefix.Length || path[prefix.Length] == '.');
}

/// <summary>A front part that names lose.</summary>
/// <param name="Parts">The parts, a star for any one.</param>
/// <param name="Join">What stands between the parts that remain.</param>
/// <param name="Without">Parts that are left out wherever they stand behind the prefix.</param>
internal sealed record NamePrefix(IReadOnlyList<string> Parts, string Join, IReadOnlyList<string> Without)
{
    /// <summary>The name without its front, or null when it does not begin so or nothing remains.</summary>
    public string? Shorten(string path)
    {
        string[] parts = path.Split('.');
        if (parts.Length <= Parts.Count)
        {
            return null;
        }
        for (int i = 0; i < Parts.Count; i++)
        {
            if (Parts[i] != "*" && Parts[i] != parts[i])
            {
                return null;
            }
        }
        string[] rest = [.. parts.Skip(Parts.Count).Where(part => !Without.Contains(part))];
        return rest.Length == 0 ? null : string.Join(Join, rest);
    }
}
