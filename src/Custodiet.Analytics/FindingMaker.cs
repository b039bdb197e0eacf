using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Analytics;

/// <summary>Makes findings of matches: copies out of the event what a person needs to judge it. Safe for many threads.</summary>
/// <param name="fields">The table that the events' field numbers come from.</param>
/// <param name="headline">Fields shown after those the rule read, when the parser names none; null for <see cref="DefaultHeadline"/>.</param>
public sealed class FindingMaker(FieldTable fields, IReadOnlyList<string>? headline = null)
{
    private readonly IReadOnlyList<string> headline = headline ?? DefaultHeadline;

    /// <summary>What people who judge Windows, Linux and cloud events look at first, by the names that Sigma gives it.</summary>
    public static IReadOnlyList<string> DefaultHeadline { get; } =
    [
        "Computer",
        "User",
        "Image",
        "CommandLine",
        "ParentImage",
        "ParentCommandLine",
        "TargetFilename",
        "TargetObject",
        "Details",
        "QueryName",
        "DestinationIp",
        "DestinationPort",
        "SubjectUserName",
        "TargetUserName",
        "IpAddress",
        "EventID",
        "Channel",
        "eventName",
        "eventSource",
        "sourceIPAddress",
        "userIdentity.arn",
        "awsRegion",
    ];

    /// <summary>The finding about the host that the event's source is on.</summary>
    public Finding Make(Event e, SigmaRule rule, SourceKey source) =>
        Make(e, rule, new Entity("host", source.Sensor), source);

    /// <summary>The finding about an entity that the parser or the caller names.</summary>
    /// <param name="e">The event; nothing of it is kept.</param>
    /// <param name="rule">The rule that matched it.</param>
    /// <param name="entity">What the finding is about.</param>
    /// <param name="source">Where the event came from.</param>
    /// <param name="headlineOfParser">The parser's own headline fields, instead of the default ones.</param>
    public Finding Make(
        Event e,
        SigmaRule rule,
        Entity entity,
        SourceKey source,
        IReadOnlyList<string>? headlineOfParser = null
    )
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(rule);
        List<FindingField> shown = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string name in rule.Fields.Concat(headlineOfParser ?? headline))
        {
            int field = seen.Add(name) ? fields.Find(name) : FieldTable.None;
            if (field != FieldTable.None)
            {
                AddValues(e, field, name, shown);
            }
        }
        return new Finding(
            FindingId.Of(e.Offset, rule.Id),
            rule.Reference,
            rule.Severity,
            e.Offset,
            EventTime.FromMicros(e.EventMicros),
            source,
            entity,
            shown,
            Techniques: rule.Techniques
        );
    }

    private static void AddValues(Event e, int field, string name, List<FindingField> shown)
    {
        foreach (ref readonly FieldValue value in e.Fields)
        {
            if (shown.Count == AnalyticsLimits.FindingFieldsMax)
            {
                return;
            }
            if (value.Field == field && value.Kind != FieldKind.Null)
            {
                shown.Add(new FindingField(name, Shorten(e, value)));
            }
        }
    }

    private static string Shorten(Event e, in FieldValue value)
    {
        const int max = AnalyticsLimits.FindingValueCharactersMax;
        // A character takes at most four bytes, so more than that need not be decoded.
        FieldValue head = value with
        {
            Length = Math.Min(value.Length, (max + 1) * 4),
        };
        string text = e.TextOf(head);
        if (text.Length <= max && head.Length == value.Length)
        {
            return text;
        }
        int end = Math.Min(text.Length, max - 1);
        // Half a surrogate pair is no text.
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }
}
