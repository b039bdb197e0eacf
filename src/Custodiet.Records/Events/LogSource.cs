namespace Custodiet.Records.Events;

/// <summary>One Sigma log source: where an event belongs, in Sigma's own words. A missing part is null; parts are lower case.</summary>
/// <param name="Product">For example <c>windows</c>.</param>
/// <param name="Category">For example <c>process_creation</c>.</param>
/// <param name="Service">For example <c>sysmon</c>.</param>
public readonly record struct LogSource(string? Product, string? Category, string? Service)
{
    /// <summary>Whether an event of this log source satisfies what a rule names: each part that the rule has must be equal.</summary>
    public bool Satisfies(LogSource rule) =>
        (rule.Product is null || rule.Product == Product)
        && (rule.Category is null || rule.Category == Category)
        && (rule.Service is null || rule.Service == Service);

    /// <summary><c>product/category/service</c> with a star for a missing part.</summary>
    public override string ToString() => $"{Product ?? "*"}/{Category ?? "*"}/{Service ?? "*"}";
}

/// <summary>
/// The set of log sources that one event has, as a small number: Sysmon's event 13 is <c>registry_set</c> and
/// <c>registry_event</c> and the service <c>sysmon</c> at once. Number 0 is the empty set, an event that no rule can see.
/// </summary>
public sealed class LogSourceTable
{
    /// <summary>The number of the empty set.</summary>
    public const int Unrouted = 0;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal) { [""] = Unrouted };
    private volatile LogSource[][] sets =
    [
        [],
    ];

    /// <summary>How many different sets were seen.</summary>
    public int Count => sets.Length;

    /// <summary>The number of a set; order and repetition do not matter.</summary>
    public int Intern(IEnumerable<LogSource> sources)
    {
        LogSource[] sorted = [.. sources.Distinct().OrderBy(s => s.ToString(), StringComparer.Ordinal)];
        string key = string.Join('\n', sorted.Select(s => s.ToString()));
        lock (gate)
        {
            if (!ids.TryGetValue(key, out int id))
            {
                id = sets.Length;
                sets = [.. sets, sorted];
                ids.Add(key, id);
            }
            return id;
        }
    }

    /// <summary>The members of a set.</summary>
    public IReadOnlyList<LogSource> Of(int id) => sets[id];
}
