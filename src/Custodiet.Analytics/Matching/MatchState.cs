namespace Custodiet.Analytics.Matching;

/// <summary>
/// What one evaluator knows about the event at hand. Marks carry the number of the event they were set for, so that nothing is
/// cleared between events.
/// </summary>
internal sealed class MatchState(int signals, int rules, int lazies)
{
    public readonly uint[] SignalMarks = new uint[signals];
    public readonly uint[] RuleMarks = new uint[rules];
    public readonly uint[] LazyMarks = new uint[lazies];
    public readonly bool[] LazyAnswers = new bool[lazies];
    public readonly int[] Candidates = new int[rules];
    public int CandidateCount;
    public uint Epoch;

    public void Begin()
    {
        CandidateCount = 0;
        if (++Epoch == 0)
        {
            Array.Clear(SignalMarks);
            Array.Clear(RuleMarks);
            Array.Clear(LazyMarks);
            Epoch = 1;
        }
    }
}
