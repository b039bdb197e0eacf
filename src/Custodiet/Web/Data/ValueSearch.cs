using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace Custodiet.Web.Data;

/// <summary>A condition of a search.</summary>
/// <param name="Field">A column, such as <c>sensor</c>, or a native field after <c>fields.</c>, such as <c>fields.Image</c>.</param>
/// <param name="Value">The value, exactly.</param>
/// <param name="Not">Whether rows with the value are left out.</param>
public readonly record struct ValueCondition(string Field, string Value, bool Not = false);

/// <summary>
/// A search over events or findings that a click on a value prepares. It lives in the address
/// (<c>in=findings&amp;is.rule_id=…&amp;not.fields.User=…&amp;by=fields.Image</c>) and is one read-only query, shown as SQL.
/// </summary>
public sealed record ValueSearch
{
    /// <summary>Conditions of one search; more are left out.</summary>
    public const int ConditionsMax = 20;

    /// <summary>Rows that a search asks for.</summary>
    public const int RowsMax = 100;

    /// <summary>Native fields begin with this.</summary>
    public const string FieldPrefix = "fields.";

    private static readonly string[] eventColumns = ["technology", "sensor", "parser"];
    private static readonly string[] findingColumns =
    [
        "technology",
        "sensor",
        "rule_id",
        "rule_title",
        "severity",
        "entity_kind",
        "entity_name",
    ];

    /// <summary>Whether it searches findings; else events.</summary>
    public bool Findings { get; init; }

    /// <summary>What must hold; all of it.</summary>
    public IReadOnlyList<ValueCondition> Conditions { get; init; } = [];

    /// <summary>The field whose values are counted, or null for the rows themselves.</summary>
    public string? By { get; init; }

    /// <summary>Reads an address; null when it holds no search. What no row can have is left out.</summary>
    public static ValueSearch? From(IEnumerable<KeyValuePair<string, StringValues>> query)
    {
        ValueSearch? search = null;
        List<ValueCondition> conditions = [];
        string? by = null;
        foreach ((string key, StringValues values) in query)
        {
            if (key == "in")
            {
                search = new ValueSearch { Findings = values == "findings" };
            }
            else if (key == "by")
            {
                by = values.ToString();
            }
            else if (
                key.StartsWith("is.", StringComparison.Ordinal) || key.StartsWith("not.", StringComparison.Ordinal)
            )
            {
                bool not = key[0] == 'n';
                conditions.AddRange(
                    values.OfType<string>().Select(v => new ValueCondition(key[(not ? 4 : 3)..], v, not))
                );
            }
        }
        return search is null
            ? null
            : search with
            {
                Conditions = [.. conditions.Where(c => search.Has(c.Field)).Distinct().Take(ConditionsMax)],
                By = by is not null && search.Has(by) ? by : null,
            };
    }

    /// <summary>The events with a value, whatever finds them; null where events have no such field.</summary>
    public static ValueSearch? EventsWith(string field, string value) =>
        new ValueSearch() is var events && events.Has(field)
            ? events with
            {
                Conditions = [new ValueCondition(field, value)],
            }
            : null;

    /// <summary>The findings of a rule: what a value of an alert is compared with.</summary>
    public static ValueSearch OfRule(string ruleId) =>
        new() { Findings = true, Conditions = [new ValueCondition("rule_id", ruleId)] };

    /// <summary>Whether what is searched has such a field.</summary>
    public bool Has(string field) =>
        (Findings ? findingColumns : eventColumns).Contains(field, StringComparer.Ordinal)
        || (field.Length > FieldPrefix.Length && field.StartsWith(FieldPrefix, StringComparison.Ordinal));

    /// <summary>The field whose values a column of the answer holds, or null.</summary>
    public string? FieldOf(string column) =>
        By is not null ? (column == "value" ? By : null)
        : Has(column) ? column
        : null;

    /// <summary>The query string, without the question mark.</summary>
    public string QueryString
    {
        get
        {
            QueryBuilder query = new() { { "in", Findings ? "findings" : "events" } };
            foreach (ValueCondition condition in Conditions)
            {
                query.Add((condition.Not ? "not." : "is.") + condition.Field, condition.Value);
            }
            if (By is not null)
            {
                query.Add("by", By);
            }
            return query.ToQueryString().ToString()[1..];
        }
    }

    /// <summary>The address.</summary>
    public string Url => $"/data?{QueryString}";

    /// <summary>The query. Values are literals; field names come out of a list or stand in literals themselves.</summary>
    public string Sql
    {
        get
        {
            string from = Findings ? "findings f JOIN alerts a USING (alert_id)" : "events f";
            string where = string.Concat(Conditions.Select((c, i) => $"\n{(i == 0 ? "WHERE" : "  AND")} {Holds(c)}"));
            string at = Findings ? "f.occurred_at" : "f.event_at";
            if (By is not null)
            {
                string counted = Findings ? "findings" : "events";
                return $"SELECT {Expression(By)} AS value, count(*) AS {counted}, min({at}) AS first_at, max({at}) AS last_at\n"
                    + $"FROM {from}{where}\nGROUP BY value ORDER BY {counted} DESC, value LIMIT {RowsMax}";
            }
            string columns = Findings
                ? "f.occurred_at, a.number AS alert, f.rule_title, f.entity_name, f.technology, f.sensor, f.fields"
                : "f.event_offset, f.event_at, f.technology, f.sensor, f.fields";
            string order = Findings ? "f.sequence" : "f.event_offset";
            return $"SELECT {columns}\nFROM {from}{where}\nORDER BY {order} DESC LIMIT {RowsMax}";
        }
    }

    private string Holds(ValueCondition condition)
    {
        string field = Expression(condition.Field);
        string value = Data.Sql.Text(condition.Value);
        string equal = $"{field} = {value}";
        if (condition.Field.StartsWith(FieldPrefix, StringComparison.Ordinal))
        {
            // Several values of a field stand on a line each in a finding and as a JSON array in an event.
            string among = Findings
                ? $"list_contains(string_split({field}, chr(10)), {value})"
                : $"({field} LIKE '[%' AND TRY(json_contains({field}, to_json({value}))))";
            equal = $"({equal} OR {among})";
        }
        // A row that lacks the field has no such value: leaving the value out keeps it.
        return condition.Not ? $"({equal}) IS NOT TRUE" : equal;
    }

    private static string Expression(string field) =>
        field.StartsWith(FieldPrefix, StringComparison.Ordinal)
            ? $"f.fields[{Data.Sql.Text(field[FieldPrefix.Length..])}]"
            : $"f.{field}";
}
