using System.Globalization;
using System.Text;
using Custodiet.Records.Events;

namespace Custodiet.Archive;

/// <summary>Policies, holds and persons as conditions on a segment's rows.</summary>
internal static class RetentionSql
{
    /// <summary>The number of the first rule that fits a row.</summary>
    public static string RuleOf(IReadOnlyList<RetentionRule> rules)
    {
        StringBuilder sql = new("CASE");
        for (int i = 0; i < rules.Count; i++)
        {
            sql.Append(CultureInfo.InvariantCulture, $" WHEN {Fits(rules[i])} THEN {i}");
        }
        return sql.Append(" END").ToString();
    }

    /// <summary>Whether a row is held.</summary>
    public static string Held(IReadOnlyList<ArchiveHold> holds) =>
        holds.Count == 0 ? "false" : $"({string.Join(" OR ", holds.Select(Held))})";

    /// <summary>
    /// Whether a row speaks of a person: one of the identifiers stands in it as a whole word. Letter case does not count.
    /// </summary>
    public static string Names(IReadOnlyList<string> identifiers) =>
        $"({string.Join(" OR ", identifiers.Select(Names))})";

    private static string Fits(RetentionRule rule)
    {
        string sources = Fits(rule.Sources);
        return rule.Unparsed switch
        {
            true => $"({sources} AND unparsed IS NOT NULL)",
            false => $"({sources} AND unparsed IS NULL)",
            null => sources,
        };
    }

    private static string Fits(SourcePattern pattern) =>
        $"({Fits("technology", pattern.Technology)} AND {Fits("sensor", pattern.Sensor)})";

    private static string Fits(string column, string pattern)
    {
        if (pattern == "*")
        {
            return "true";
        }
        StringBuilder like = new();
        foreach (char c in pattern)
        {
            _ = c switch
            {
                '*' => like.Append('%'),
                '?' => like.Append('_'),
                '%' or '_' or '\\' => like.Append('\\').Append(c),
                _ => like.Append(c),
            };
        }
        return $@"{column} ILIKE {Sql.Text(like.ToString())} ESCAPE '\'";
    }

    private static string Held(ArchiveHold hold) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"({Fits(hold.Sources)} AND (epoch_us(received_at) BETWEEN {hold.FromMicros} AND {hold.ToMicros} OR epoch_us(event_at) BETWEEN {hold.FromMicros} AND {hold.ToMicros}))"
        );

    // A plain search first: it is many times faster, and nearly no row passes it. JSON writes some characters otherwise, so the
    // parsed values are searched too; bytes that are no text are searched as DuckDB writes them, ASCII as it is.
    private static string Names(string identifier)
    {
        string plain = Sql.Text(identifier.ToLowerInvariant());
        string word = Sql.Text($@"(?i)(^|[^\pL\pN_]){Quoted(identifier)}([^\pL\pN_]|$)");
        string values = "array_to_string(map_values(fields), chr(10))";
        return string.Join(
            " OR ",
            new[] { "raw", values, "raw_bytes::VARCHAR" }.Select(text =>
                $"(contains(lower({text}), {plain}) AND regexp_matches({text}, {word}))"
            )
        );
    }

    private static string Quoted(string text)
    {
        StringBuilder quoted = new();
        foreach (char c in text)
        {
            if (c < 128 && !char.IsAsciiLetterOrDigit(c))
            {
                quoted.Append('\\');
            }
            quoted.Append(c);
        }
        return quoted.ToString();
    }
}
