namespace Custodiet.Web.Data;

/// <summary>SQL that pages ask, and the addresses of the page that shows it.</summary>
internal static class Sql
{
    /// <summary>A text as an SQL literal.</summary>
    public static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The address of the data page with a query.</summary>
    public static string Url(string sql) => $"/data?sql={Uri.EscapeDataString(sql)}";
}
