using System.Runtime.CompilerServices;

namespace Custodiet.Analytics.Matching;

/// <summary>
/// The patterns of one plan: for each the signals it raises, and for each signal the rules it makes candidates.
/// Both are lists laid end to end, since they are read millions of times a second.
/// </summary>
internal sealed class PatternTable
{
    private readonly int[] signalStarts;
    private readonly int[] signals;
    private readonly int[] ruleStarts;
    private readonly int[] rules;

    public PatternTable(IReadOnlyList<IReadOnlyList<int>> signalsOfPatterns, IReadOnlyList<List<int>?> rulesOfSignals)
    {
        (signalStarts, signals) = Flatten(signalsOfPatterns);
        (ruleStarts, rules) = Flatten(rulesOfSignals);
    }

    /// <summary>Notes that a pattern was found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raise(int pattern, MatchState state)
    {
        for (int i = signalStarts[pattern]; i < signalStarts[pattern + 1]; i++)
        {
            int signal = signals[i];
            if (state.SignalMarks[signal] != state.Epoch)
            {
                state.SignalMarks[signal] = state.Epoch;
                if (ruleStarts[signal] < ruleStarts[signal + 1])
                {
                    Nominate(signal, state);
                }
            }
        }
    }

    private void Nominate(int signal, MatchState state)
    {
        for (int i = ruleStarts[signal]; i < ruleStarts[signal + 1]; i++)
        {
            int rule = rules[i];
            if (state.RuleMarks[rule] != state.Epoch)
            {
                state.RuleMarks[rule] = state.Epoch;
                state.Candidates[state.CandidateCount++] = rule;
            }
        }
    }

    private static (int[] Starts, int[] Items) Flatten(IEnumerable<IReadOnlyList<int>?> lists)
    {
        List<int> starts = [0];
        List<int> items = [];
        foreach (IReadOnlyList<int>? list in lists)
        {
            items.AddRange(list ?? []);
            starts.Add(items.Count);
        }
        return ([.. starts], [.. items]);
    }
}
