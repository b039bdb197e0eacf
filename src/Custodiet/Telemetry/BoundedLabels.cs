namespace Custodiet.Telemetry;

/// <summary>
/// Keeps what a label may say within a bound: the first values get a series each, every later one shares <see cref="Others"/>, and how many
/// were folded so is a metric itself. A value once shown stays, so that no series jumps.
/// </summary>
internal sealed class BoundedLabels(int valuesMax)
{
    /// <summary>Stands for all values beyond the bound.</summary>
    public const string Others = "(others)";

    private readonly Lock gate = new();
    private readonly HashSet<string> shown = new(StringComparer.Ordinal);
    private readonly HashSet<string> folded = new(StringComparer.Ordinal);

    /// <summary>Different values that share <see cref="Others"/>; counted up to the bound again, so that memory is bounded too.</summary>
    public int Folded
    {
        get
        {
            lock (gate)
            {
                return folded.Count;
            }
        }
    }

    /// <summary>The value itself, or <see cref="Others"/>.</summary>
    public string Of(string value)
    {
        lock (gate)
        {
            if (shown.Contains(value))
            {
                return value;
            }
            if (shown.Count < valuesMax)
            {
                shown.Add(value);
                return value;
            }
            if (folded.Count < valuesMax)
            {
                folded.Add(value);
            }
            return Others;
        }
    }
}
