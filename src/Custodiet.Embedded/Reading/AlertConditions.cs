using System.Text;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Reading;

/// <summary>An alert filter as SQL conditions over columns that each of the three wide indexes holds.</summary>
internal static class AlertConditions
{
    /// <summary>The halves of the alerts that can hold a match: open (0), judged (1) or both.</summary>
    public static IReadOnlyList<int> Halves(AlertFilter filter)
    {
        bool all = filter.States.Count == 0;
        bool judged = all || filter.States.Contains(AlertState.Judged);
        bool open = all || filter.States.Any(state => state != AlertState.Judged);
        return (open && filter.Verdict is null, judged) switch
        {
            (true, true) => [0, 1],
            (true, false) => [0],
            (false, true) => [1],
            _ => [],
        };
    }

    /// <summary>The conditions, joined; the half is the caller's to add.</summary>
    public static string Of(AlertFilter filter, Viewer viewer, Values values)
    {
        List<string> conditions = [];
        if (filter.States.Count > 0)
        {
            conditions.Add(
                $"state IN ({string.Join(", ", filter.States.Distinct().Select(state => values.Add((long)state)))})"
            );
        }
        if (filter.AtLeast is { } severity)
        {
            conditions.Add($"severity >= {values.Add((long)severity)}");
        }
        if (filter.RuleId is { } rule)
        {
            conditions.Add($"rule_key IN (SELECT key FROM rule WHERE id = {values.Add(rule)})");
        }
        if (filter.Title is { Length: > 0 } title)
        {
            conditions.Add(
                $"rule_key IN (SELECT key FROM rule WHERE instr(title_folded, {values.Add(Columns.Fold(title))}) > 0)"
            );
        }
        AddText(conditions, "entity_folded", filter.Entity, values);
        AddText(conditions, "technology_folded", filter.Technology, values);
        AddText(conditions, "sensor_folded", filter.Sensor, values);
        if (filter.Assignee is { } assignee)
        {
            conditions.Add($"assignee = {values.Add(assignee.Value)}");
        }
        if (filter.Unassigned)
        {
            conditions.Add("assignee IS NULL");
        }
        if (filter.Verdict is { } verdict)
        {
            conditions.Add($"verdict = {values.Add((long)verdict)}");
        }
        if (filter.RaisedAfter is { } number)
        {
            conditions.Add($"number > {values.Add(number)}");
        }
        conditions.Add(Visibility.OfCase(viewer, "alert.case_id", values.Add));
        return string.Join(" AND ", conditions);
    }

    private static void AddText(List<string> conditions, string column, string? text, Values values)
    {
        if (text is null)
        {
            return;
        }
        if (!text.Contains('*', StringComparison.Ordinal))
        {
            conditions.Add($"{column} = {values.Add(Columns.Fold(text))}");
        }
        else if (text.Length > RecordLimits.FilterCharacters)
        {
            conditions.Add("0");
        }
        else
        {
            conditions.Add($"{column} LIKE {values.Add(Pattern(Columns.Fold(text)))} ESCAPE '\\'");
        }
    }

    /// <summary>The text as a pattern of SQL: stars match anything, LIKE's own signs only themselves.</summary>
    internal static string Pattern(string text)
    {
        StringBuilder pattern = new(text.Length + 8);
        foreach (char c in text)
        {
            if (c == '*')
            {
                // Stars in a row say no more than one, and each would cost time.
                if (pattern.Length == 0 || pattern[^1] != '%' || (pattern.Length > 1 && pattern[^2] == '\\'))
                {
                    pattern.Append('%');
                }
            }
            else
            {
                if (c is '%' or '_' or '\\')
                {
                    pattern.Append('\\');
                }
                pattern.Append(c);
            }
        }
        return pattern.ToString();
    }
}
