using System.Collections.Immutable;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Custodiet.Web.Queue;

/// <summary>What the address of a queue page says: filter, order, place and preview. Every view is a URL.</summary>
public sealed record QueueQuery
{
    /// <summary>Rows of a page.</summary>
    public const int PageSize = 50;

    /// <summary>Characters of one part of a filter; more are cut.</summary>
    private const int PartLengthMax = 200;

    /// <summary><c>open</c> (default), <c>new</c>, <c>taken</c>, <c>judged</c>, <c>all</c>.</summary>
    public string State { get; init; } = "open";

    /// <summary>At least this severe.</summary>
    public Severity? AtLeast { get; init; }

    /// <summary>Part of the title.</summary>
    public string? Title { get; init; }

    /// <summary>The entity's name, with <c>*</c>.</summary>
    public string? Entity { get; init; }

    /// <summary>The technology, with <c>*</c>.</summary>
    public string? Technology { get; init; }

    /// <summary>The sensor, with <c>*</c>.</summary>
    public string? Sensor { get; init; }

    /// <summary>The rule's id.</summary>
    public string? Rule { get; init; }

    /// <summary><c>me</c>, <c>none</c>, a pseudonym, or null for all.</summary>
    public string? Assignee { get; init; }

    /// <summary>The verdict in force.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>How rows are ordered.</summary>
    public AlertOrder Order { get; init; }

    /// <summary>Whether rows are rules instead of alerts.</summary>
    public bool ByRule { get; init; }

    /// <summary>Where the page begins.</summary>
    public string? After { get; init; }

    /// <summary>The alert in the preview.</summary>
    public long? Preview { get; init; }

    /// <summary>Whether an alert that gets a verdict leaves this view.</summary>
    public bool VerdictRemoves => State is "open" or "new" or "taken";

    /// <summary>Whether anything but the state narrows the view.</summary>
    public bool IsNarrowed =>
        AtLeast is not null
        || Title is not null
        || Entity is not null
        || Technology is not null
        || Sensor is not null
        || Rule is not null
        || Assignee is not null
        || Verdict is not null;

    /// <summary>Reads an address. What cannot be read is left out rather than refused: an old link still leads somewhere.</summary>
    public static QueueQuery From(IEnumerable<KeyValuePair<string, StringValues>> query)
    {
        Dictionary<string, string> parts = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, StringValues values) in query)
        {
            if (values.ToString().Trim() is { Length: > 0 } text)
            {
                parts[key] = text.Length > PartLengthMax && key != "after" ? text[..PartLengthMax] : text;
            }
        }
        string? Part(string name) => parts.GetValueOrDefault(name);
        return new QueueQuery
        {
            State = Part("state") is { } s && s is "new" or "taken" or "judged" or "all" ? s : "open",
            AtLeast = Named<Severity>(Part("severity")),
            Title = Part("title"),
            Entity = Part("entity"),
            Technology = Part("technology"),
            Sensor = Part("sensor"),
            Rule = Part("rule"),
            Assignee = Part("assignee"),
            Verdict = Named<Verdict>(Part("verdict")),
            Order = Named<AlertOrder>(Part("order")) ?? AlertOrder.Work,
            ByRule = Part("view") == "rules",
            After = Part("after"),
            Preview = long.TryParse(Part("preview"), out long number) ? number : null,
        };
    }

    /// <summary>Reads the query string of an address.</summary>
    public static QueueQuery Parse(string? query) => From(QueryHelpers.ParseQuery(query));

    /// <summary>The filter for a reader.</summary>
    public AlertFilter ToFilter(ActorId me) =>
        new()
        {
            States = State switch
            {
                "new" => [AlertState.New],
                "taken" => [AlertState.InProgress],
                "judged" => [AlertState.Judged],
                "all" => [],
                _ => [AlertState.New, AlertState.InProgress],
            },
            AtLeast = AtLeast,
            Title = Title,
            Entity = Entity,
            Technology = Technology,
            Sensor = Sensor,
            RuleId = Rule,
            Verdict = Verdict,
            Assignee =
                Assignee is null or "none" ? null
                : Assignee == "me" ? me
                : new ActorId(Assignee),
            Unassigned = Assignee == "none",
        };

    /// <summary>The address of this view.</summary>
    public string Url => QueryHelpers.AddQueryString("/queue", Parts().ToImmutableDictionary());

    /// <summary>Its query string, without the question mark.</summary>
    public string QueryString => Url.Contains('?') ? Url[(Url.IndexOf('?') + 1)..] : "";

    private IEnumerable<KeyValuePair<string, string?>> Parts()
    {
        KeyValuePair<string, string?> Pair(string name, string? value) => new(name, value);
        KeyValuePair<string, string?>[] parts =
        [
            Pair("state", State == "open" ? null : State),
            Pair("severity", AtLeast?.ToString().ToLowerInvariant()),
            Pair("title", Title),
            Pair("entity", Entity),
            Pair("technology", Technology),
            Pair("sensor", Sensor),
            Pair("rule", Rule),
            Pair("assignee", Assignee),
            Pair("verdict", Verdict?.ToString()),
            Pair("order", Order == AlertOrder.Work ? null : Order.ToString().ToLowerInvariant()),
            Pair("view", ByRule ? "rules" : null),
            Pair("after", After),
            Pair("preview", Preview?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ];
        return parts.Where(p => p.Value is not null);
    }

    private static T? Named<T>(string? word)
        where T : struct, Enum =>
        word is not null && !char.IsDigit(word[0]) && Enum.TryParse(word, ignoreCase: true, out T value) ? value : null;
}
