using Custodiet.Analytics.Language;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>
/// Which events a piece of content is about: their source, their log source, and a Sigma <c>detection</c> over their fields. Every part
/// that is given must hold. Immutable.
/// </summary>
public sealed class EventFilter
{
    private static readonly string[] criticalities = ["low", "normal", "high", "vital"];

    private EventFilter() { }

    /// <summary>Selects every event.</summary>
    public static EventFilter Everything { get; } = new();

    /// <summary>Whether no part is given.</summary>
    public bool IsEverything => ReferenceEquals(this, Everything);

    internal Expression? Condition { get; private init; }

    internal LogSource LogSource { get; private init; }

    internal bool? Parsed { get; private init; }

    private IReadOnlyList<SourcePattern> Technologies { get; init; } = [];

    private IReadOnlyList<SourcePattern> Sensors { get; init; } = [];

    private List<Criticality> Criticalities { get; init; } = [];

    /// <summary>Reads the map behind <c>when</c>.</summary>
    /// <param name="map">
    /// Keys: <c>technology</c>, <c>sensor</c> (a value or a list, <c>*</c> for any run of characters, <c>?</c> for one, case ignored), <c>criticality</c>, <c>parsed</c>,
    /// <c>logsource</c> and <c>detection</c> as in a Sigma rule. Null selects every event.
    /// </param>
    /// <param name="problems">Where the map reports to; what is wrong with the detection is added.</param>
    /// <returns>The filter; what it is worth after a problem is not said.</returns>
    public static EventFilter Read(ContentMap? map, List<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        if (map is null)
        {
            return Everything;
        }
        ProblemList found = new();
        EventFilter filter = new()
        {
            Technologies = [.. map.Texts("technology").Select(name => SourcePattern.All with { Technology = name })],
            Sensors = [.. map.Texts("sensor").Select(name => SourcePattern.All with { Sensor = name })],
            Criticalities = ReadCriticalities(map),
            Parsed = map.Has("parsed") ? map.Flag("parsed") : null,
            LogSource = ReadLogSource(map),
            Condition = map.Find("detection") is { } detection ? new DetectionReader(found).Read(detection) : null,
        };
        if (map.Entries.Count == 0)
        {
            map.Error("empty", "«when» says nothing; leave it out to select every event.", map.Position);
        }
        map.Close();
        problems.AddRange(found.All);
        return filter;
    }

    internal bool Selects(SourceKey source, Criticality criticality) =>
        (Technologies.Count == 0 || Technologies.Any(pattern => pattern.Matches(source)))
        && (Sensors.Count == 0 || Sensors.Any(pattern => pattern.Matches(source)))
        && (Criticalities.Count == 0 || Criticalities.Contains(criticality));

    internal bool Selects(IReadOnlyList<LogSource> logSources) =>
        LogSource == default || logSources.Any(source => source.Satisfies(LogSource));

    private static List<Criticality> ReadCriticalities(ContentMap map)
    {
        List<Criticality> read = [];
        foreach (ScalarNode value in map.Scalars("criticality"))
        {
            int index = Array.IndexOf(criticalities, value.Text);
            if (index < 0)
            {
                string hint = $"one of {string.Join(", ", criticalities)}";
                map.Error("word", $"«{value.Text}» is no criticality.", value.Position, hint);
                continue;
            }
            read.Add((Criticality)index);
        }
        return read;
    }

    private static LogSource ReadLogSource(ContentMap map)
    {
        if (map.Map("logsource") is not { } source)
        {
            return default;
        }
        LogSource read = new(Part("product"), Part("category"), Part("service"));
        source.Close();
        if (read == default)
        {
            source.Error("empty", "«logsource» names no product, category or service.", source.Position);
        }
        return read;

        string? Part(string key) => source.Optional(key)?.ToLowerInvariant() is { Length: > 0 } part ? part : null;
    }
}
