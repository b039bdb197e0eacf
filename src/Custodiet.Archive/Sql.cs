namespace Custodiet.Archive;

/// <summary>Writes values into SQL.</summary>
internal static class Sql
{
    /// <summary>A text as a literal.</summary>
    public static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
