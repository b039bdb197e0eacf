using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>What is needed to evaluate the rules of one log source set: a scanner for each field they ask about.</summary>
internal sealed class Plan
{
    private readonly FieldScanner?[] scanners;
    private readonly FieldScanner? keywords;
    private readonly PatternTable patterns;
    private readonly int[] always;

    public Plan(CompiledRules compiled, IReadOnlyList<int> rules)
    {
        Rules = rules;
        List<int>?[] rulesOfSignals = new List<int>?[compiled.Signals.Count];
        foreach (int rule in rules)
        {
            foreach (int signal in compiled.Witnesses[rule] ?? [])
            {
                (rulesOfSignals[signal] ??= []).Add(rule);
            }
        }
        always = [.. rules.Where(r => compiled.Witnesses[r] is null)];
        List<int> testOfPattern = [];
        List<List<int>> signalsOfPatterns = [];
        Dictionary<int, int> patternOfTest = [];
        foreach (int signal in rules.SelectMany(r => compiled.RuleSignals[r]).Distinct())
        {
            foreach (int test in compiled.Signals[signal])
            {
                if (!patternOfTest.TryGetValue(test, out int pattern))
                {
                    pattern = testOfPattern.Count;
                    patternOfTest.Add(test, pattern);
                    testOfPattern.Add(test);
                    signalsOfPatterns.Add([]);
                }
                signalsOfPatterns[pattern].Add(signal);
            }
        }
        patterns = new PatternTable(signalsOfPatterns, rulesOfSignals);
        ILookup<int, (int, ScanTest)> byField = testOfPattern
            .Select((test, pattern) => (pattern, Test: compiled.Tests[test]))
            .ToLookup(t => t.Test.Field, t => (t.pattern, t.Test));
        scanners = new FieldScanner?[Math.Max(0, byField.Select(g => g.Key).DefaultIfEmpty(-1).Max() + 1)];
        foreach (IGrouping<int, (int, ScanTest)> field in byField)
        {
            FieldScanner scanner = new([.. field], compiled.Frequencies);
            if (field.Key == CompiledRules.Keywords)
            {
                keywords = scanner;
            }
            else if (field.Key >= 0)
            {
                scanners[field.Key] = scanner;
            }
        }
    }

    /// <summary>The rules of the plan, in ascending order.</summary>
    public IReadOnlyList<int> Rules { get; }

    /// <summary>Scans an event: afterwards every signal it raises is marked and every rule it can match is a candidate.</summary>
    public void Scan(Event e, FoldedEvent folded, MatchState state)
    {
        ReadOnlySpan<FieldValue> values = e.Fields;
        for (int i = 0; i < values.Length; i++)
        {
            ref readonly FieldValue value = ref values[i];
            if ((uint)value.Field < (uint)scanners.Length && scanners[value.Field] is { } scanner)
            {
                scanner.Scan(e, i, value, folded, patterns, state);
            }
            if (keywords is not null && value.Kind == FieldKind.Text)
            {
                keywords.Scan(e, i, value, folded, patterns, state);
            }
        }
        foreach (int rule in always)
        {
            state.Candidates[state.CandidateCount++] = rule;
        }
    }
}
