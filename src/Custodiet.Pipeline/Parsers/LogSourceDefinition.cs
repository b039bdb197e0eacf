using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Which Sigma log sources an event has, decided by a few of its values, the inputs.</summary>
/// <param name="Id">What parsers name it by.</param>
/// <param name="Product">The product of every log source it gives, or null.</param>
/// <param name="Technology">What a source is called when no rule says better; null for the parser's own word.</param>
/// <param name="Inputs">Names of the inputs.</param>
/// <param name="Rules">All of them are asked: categories add up, the first service and the first technology win.</param>
/// <param name="Verbatim">Inputs whose values are the product, category and service themselves; null for none.</param>
internal sealed record LogSourceDefinition(
    string Id,
    string? Product,
    string? Technology,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<LogSourceRule> Rules,
    VerbatimInputs? Verbatim = null
)
{
    /// <summary>What these values mean.</summary>
    /// <param name="values">A value for each input; null when the event has none.</param>
    /// <param name="technology">The parser's own word for the technology.</param>
    public LogSourceDecision Decide(IReadOnlyList<string?> values, string technology)
    {
        string? service = null;
        string? named = null;
        List<string> categories = [];
        List<string> more = [];
        Dictionary<string, string> aliases = new(StringComparer.Ordinal);
        foreach (LogSourceRule rule in Rules)
        {
            if (!rule.Holds(values))
            {
                continue;
            }
            service ??= rule.Service;
            named ??= rule.Technology;
            categories.AddRange(rule.Categories);
            more.AddRange(rule.MoreServices);
            foreach ((string from, string to) in rule.Aliases)
            {
                aliases.TryAdd(from, to);
            }
        }
        string? product = Product;
        if (Verbatim is { } verbatim)
        {
            product = ValueOf(values, verbatim.Product) ?? product;
            service = ValueOf(values, verbatim.Service) ?? service;
            if (ValueOf(values, verbatim.Category) is { } category)
            {
                categories.Add(category);
            }
            named ??= NameOf(product, categories, service);
        }
        return new LogSourceDecision(
            Combine(product, categories, service, more),
            named ?? Technology ?? technology,
            [.. aliases.Select(pair => (pair.Key, pair.Value))]
        );
    }

    /// <summary>What to call the technology of an event that says no more than its log source: <c>linux-sshd</c>, <c>proxy</c>.</summary>
    private static string? NameOf(string? product, List<string> categories, string? service)
    {
        string? first = product ?? categories.FirstOrDefault();
        return service is null || first is null ? first ?? service : $"{first}-{service}";
    }

    private static List<LogSource> Combine(
        string? product,
        List<string> categories,
        string? service,
        List<string> moreServices
    )
    {
        List<LogSource> sources = [.. moreServices.Select(more => new LogSource(product, null, more))];
        if (categories.Count > 0)
        {
            sources.AddRange(categories.Select(category => new LogSource(product, category, service)));
        }
        else if (product is not null || service is not null)
        {
            sources.Add(new LogSource(product, null, service));
        }
        return sources;
    }

    private static string? ValueOf(IReadOnlyList<string?> values, int input) =>
        input >= 0 && values[input] is { Length: > 0 } value ? value.ToLowerInvariant() : null;
}

/// <summary>Inputs whose values are log source parts as they stand; -1 for a part that has none.</summary>
internal sealed record VerbatimInputs(int Product, int Category, int Service);

/// <summary>If the inputs are so, the event belongs there.</summary>
/// <param name="When">Input number and the values one of which it must have; a final star stands for any ending. Case is ignored.</param>
/// <param name="Service">The service, or null.</param>
/// <param name="Technology">The name of the source's technology, or null.</param>
/// <param name="Categories">The categories, if any.</param>
/// <param name="MoreServices">Services it belongs to besides the one: each gives a log source of its own.</param>
/// <param name="Aliases">Fields that such an event also has under Sigma's generic name.</param>
internal sealed record LogSourceRule(
    IReadOnlyList<(int Input, IReadOnlyList<string> Values)> When,
    string? Service,
    string? Technology,
    IReadOnlyList<string> Categories,
    IReadOnlyList<string> MoreServices,
    IReadOnlyList<(string From, string To)> Aliases
)
{
    public bool Holds(IReadOnlyList<string?> values)
    {
        foreach ((int input, IReadOnlyList<string> allowed) in When)
        {
            if (values[input] is not { } value || !allowed.Any(pattern => Matches(value, pattern)))
            {
                return false;
            }
        }
        return true;
    }

    private static bool Matches(string value, string pattern) =>
        pattern.EndsWith('*')
            ? value.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.OrdinalIgnoreCase)
            : value.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a log source definition says about one combination of values.</summary>
internal sealed record LogSourceDecision(
    IReadOnlyList<LogSource> LogSources,
    string Technology,
    IReadOnlyList<(string From, string To)> Aliases
);
