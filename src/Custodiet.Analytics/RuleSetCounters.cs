namespace Custodiet.Analytics;

/// <summary>What evaluators count together.</summary>
internal sealed class RuleSetCounters(int rules)
{
    private readonly long[] matches = new long[rules];
    private readonly long[] errors = new long[rules];
    private long events;
    private long unrouted;
    private long withoutRules;
    private long valuesCut;

    public void Event() => Interlocked.Increment(ref events);

    public void Unrouted() => Interlocked.Increment(ref unrouted);

    public void WithoutRules() => Interlocked.Increment(ref withoutRules);

    public void ValueCut() => Interlocked.Increment(ref valuesCut);

    public void Match(int rule) => Interlocked.Increment(ref matches[rule]);

    public void Error(int rule) => Interlocked.Increment(ref errors[rule]);

    public RuleSetStatistics Read() =>
        new(
            Interlocked.Read(ref events),
            Interlocked.Read(ref unrouted),
            Interlocked.Read(ref withoutRules),
            Interlocked.Read(ref valuesCut),
            [.. matches.Zip(errors, (m, e) => new RuleStatistics(m, e))]
        );
}
