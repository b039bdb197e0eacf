using System.Runtime.InteropServices;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads alerts for somebody.</summary>
internal static class AlertReader
{
    public static Page<Alert> Page(
        Statements statements,
        AlertFilter filter,
        AlertOrder order,
        string? cursor,
        int limit,
        Viewer viewer
    )
    {
        int size = Math.Clamp(limit, 1, RecordLimits.PageItems);
        AlertCursor? after = AlertCursor.Read(order, cursor);
        List<Alert> found = [];
        foreach (int half in AlertConditions.Halves(filter))
        {
            found.AddRange(Half(statements, filter, order, after, half, size + 1, viewer));
        }
        // Each half is in order already; together they are at most two pages.
        found.Sort((a, b) => Compare(order, a, b));
        if (found.Count <= size)
        {
            return new Page<Alert>(found, null);
        }
        found.RemoveRange(size, found.Count - size);
        return new Page<Alert>(found, AlertCursor.After(order, found[^1]).ToString());
    }

    public static long Count(Statements statements, AlertFilter filter, int atMost, Viewer viewer)
    {
        // With a number to begin at, the index by number reads the newer alerts alone.
        string index = filter.RaisedAfter is null ? "alert_work" : "alert_oldest";
        long count = 0;
        foreach (int half in AlertConditions.Halves(filter))
        {
            Values values = new();
            string where = AlertConditions.Of(filter, viewer, values);
            string sql =
                $"SELECT count(*) FROM (SELECT 1 FROM alert INDEXED BY {index} WHERE judged = {half} AND {where} LIMIT {values.Add(Math.Max(0, atMost - count))})";
            count += statements.Number(sql, values.ToArray()) ?? 0;
        }
        return count;
    }

    public static List<AlertGroup> ByRule(Statements statements, AlertFilter filter, int limit, Viewer viewer)
    {
        // Summed up here: SQLite would sort every row by its rule first.
        Dictionary<long, Group> groups = [];
        foreach (int half in AlertConditions.Halves(filter))
        {
            Values values = new();
            string where = AlertConditions.Of(filter, viewer, values);
            statements.Each(
                $"SELECT rule_key, severity, findings, last_event FROM alert INDEXED BY alert_newest WHERE judged = {half} AND {where}",
                row =>
                {
                    ref Group? group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, row.GetInt64(0), out _);
                    group ??= new Group();
                    group.Add(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
                },
                values.ToArray()
            );
        }
        return
        [
            .. groups
                .Select(group => (group.Key, Group: group.Value, Rule: Rule(statements, group.Key)))
                // Versions of a rule are one group, under the newest version's title.
                .GroupBy(found => found.Rule.Id, StringComparer.Ordinal)
                .Select(versions => new AlertGroup(
                    versions.MaxBy(found => found.Key).Rule,
                    (Severity)versions.Max(found => found.Group.Severity),
                    (int)versions.Sum(found => found.Group.Alerts),
                    (int)versions.Sum(found => found.Group.Findings),
                    new DateTimeOffset(versions.Max(found => found.Group.LastEvent), TimeSpan.Zero)
                ))
                .OrderByDescending(group => group.Severity)
                .ThenByDescending(group => group.Alerts)
                .ThenBy(group => group.Rule.Id, StringComparer.Ordinal)
                .Take(Math.Clamp(limit, 0, RecordLimits.PageItems)),
        ];
    }

    public static Alert? ById(Statements statements, AlertId id, Viewer viewer) =>
        One(statements, values => $"alert.id = {values.Add(id.Value.Blob())}", viewer);

    public static Alert? ByNumber(Statements statements, long number, Viewer viewer) =>
        One(statements, values => $"alert.number = {values.Add(number)}", viewer);

    public static Alert? BySourceRef(Statements statements, string technology, string sourceRef)
    {
        // A reference that joined an alert raised by another one is known by its finding only.
        string own = "SELECT id FROM alert WHERE source_ref = $1 AND technology = $2";
        string joined = "SELECT alert_id FROM finding WHERE source_ref = $1 AND technology = $2";
        return statements.First(
            $"{AlertRows.Select} WHERE alert.id IN ({own} UNION {joined}) ORDER BY alert.number DESC LIMIT 1",
            AlertRows.Alert,
            sourceRef,
            technology
        );
    }

    public static List<Alert> Extendable(Statements statements, DateTimeOffset lastEventSince) =>
        statements.Rows(
            $"{AlertRows.Select} WHERE alert.last_event >= $1 AND alert.judged = 0 AND alert.source_ref IS NULL AND alert.number = (SELECT max(b.number) FROM alert b WHERE b.fingerprint = alert.fingerprint) ORDER BY alert.number",
            AlertRows.Alert,
            lastEventSince.UtcTicks
        );

    public static List<Alert> JudgedLike(Statements statements, string ruleId, Entity? entity, int limit, Viewer viewer)
    {
        Values values = new();
        string where = $"alert.rule_id = {values.Add(ruleId)} AND alert.verdict_idx IS NOT NULL";
        if (entity is { } about)
        {
            where +=
                $" AND alert.entity_kind = {values.Add(about.Kind)} AND alert.entity_name = {values.Add(about.Name)}";
        }
        where += $" AND {Visibility.OfCase(viewer, "alert.case_id", values.Add)}";
        string size = values.Add((long)Math.Clamp(limit, 0, RecordLimits.PageItems));
        return statements.Rows(
            $"{AlertRows.Select} WHERE {where} ORDER BY alert.verdict_idx DESC LIMIT {size}",
            AlertRows.Alert,
            values.ToArray()
        );
    }

    /// <summary>Whether the viewer may see the alert.</summary>
    public static bool Sees(Statements statements, AlertId id, Viewer viewer)
    {
        Values values = new();
        string where =
            $"id = {values.Add(id.Value.Blob())} AND {Visibility.OfCase(viewer, "alert.case_id", values.Add)}";
        return statements.Number($"SELECT 1 FROM alert WHERE {where}", values.ToArray()) is not null;
    }

    private static List<Alert> Half(
        Statements statements,
        AlertFilter filter,
        AlertOrder order,
        AlertCursor? after,
        int half,
        int size,
        Viewer viewer
    )
    {
        Values values = new();
        string where = AlertConditions.Of(filter, viewer, values);
        (string index, string sort) = order switch
        {
            AlertOrder.Work => ("alert_work", "severity DESC, number"),
            AlertOrder.Newest => ("alert_newest", "last_event DESC, number DESC"),
            _ => ("alert_oldest", "number"),
        };
        if (after is { } end)
        {
            string number = values.Add(end.Number);
            // The first part is implied by the second, and lets the index be entered at the right place.
            where += order switch
            {
                AlertOrder.Work => Behind("severity", "number >", values.Add(end.Key), number),
                AlertOrder.Newest => Behind("last_event", "number <", values.Add(end.Key), number),
                _ => $" AND number > {number}",
            };
        }
        // The numbers come from the index alone; whole rows are read for the page only.
        return statements.Rows(
            $"{AlertRows.Select} WHERE alert.number IN (SELECT number FROM alert INDEXED BY {index} WHERE judged = {half} AND {where} ORDER BY {sort} LIMIT {values.Add((long)size)})",
            AlertRows.Alert,
            values.ToArray()
        );
    }

    private static string Behind(string column, string tie, string key, string number) =>
        $" AND {column} <= {key} AND ({column} < {key} OR {tie} {number})";

    private static int Compare(AlertOrder order, Alert a, Alert b) =>
        order switch
        {
            AlertOrder.Work when a.Severity != b.Severity => b.Severity.CompareTo(a.Severity),
            AlertOrder.Newest when a.LastEventAt != b.LastEventAt => b.LastEventAt.CompareTo(a.LastEventAt),
            AlertOrder.Newest => b.Number.CompareTo(a.Number),
            _ => a.Number.CompareTo(b.Number),
        };

    private static Alert? One(Statements statements, Func<Values, string> which, Viewer viewer)
    {
        Values values = new();
        string where = $"{which(values)} AND {Visibility.OfCase(viewer, "alert.case_id", values.Add)}";
        return statements.First($"{AlertRows.Select} WHERE {where}", AlertRows.Alert, values.ToArray());
    }

    private static RuleReference Rule(Statements statements, long key) =>
        statements.First(
            "SELECT id, title, digest, author FROM rule WHERE key = $1",
            row => new RuleReference(row.GetString(0), row.GetString(1), row.GetString(2), row.TextOrNull(3)),
            key
        ) ?? throw new InvalidDataException($"Rule {key} of an alert is not in the record store.");

    private sealed class Group
    {
        public long Severity { get; private set; }

        public long Alerts { get; private set; }

        public long Findings { get; private set; }

        public long LastEvent { get; private set; }

        public void Add(long severity, long findings, long lastEvent)
        {
            Severity = Math.Max(Severity, severity);
            Alerts++;
            Findings += findings;
            LastEvent = Math.Max(LastEvent, lastEvent);
        }
    }
}
