using Custodiet.Analytics.Language;

namespace Custodiet.Analytics.Matching;

/// <summary>What a scanner can find in one pass over a value.</summary>
internal enum ScanOperation
{
    /// <summary>The field has a value that is not null.</summary>
    HasValue,
    Exact,
    ExactNumber,
    StartsWith,
    EndsWith,
    Contains,
}

/// <summary>A test that scanners answer. The literal is folded; the field is <see cref="CompiledRules.Keywords"/> for any string.</summary>
internal readonly record struct ScanTest(int Field, ScanOperation Operation, string Literal);

/// <summary>A test that is answered only when a rule that may match asks for it.</summary>
internal sealed record LazyTest(int Field, int Other, Test Test);

/// <summary>One test of a rule and where to go on; targets below zero end the rule. A test below zero is the lazy test of its complement.</summary>
internal readonly record struct Step(int Test, int OnTrue, int OnFalse);

/// <summary>
/// All rules of a set, brought to shared pieces: tests that scanners answer, signals (a signal is raised when any of its tests
/// holds), lazy tests, and for each rule a chain of steps over signals and lazy tests.
/// </summary>
internal sealed class CompiledRules
{
    public const int Accept = -1;
    public const int Reject = -2;

    /// <summary>The field number that stands for every string value of the event.</summary>
    public const int Keywords = -2;

    public required IReadOnlyList<ScanTest> Tests { get; init; }

    public required IReadOnlyList<int[]> Signals { get; init; }

    public required LazyTest[] Lazies { get; init; }

    public required Step[] Steps { get; init; }

    /// <summary>Per rule its first step.</summary>
    public required int[] Entries { get; init; }

    /// <summary>Per rule the signals its steps ask for.</summary>
    public required int[][] RuleSignals { get; init; }

    /// <summary>Per rule signals of which one is raised whenever the rule matches; null when there are none, and the rule is always tried.</summary>
    public required int[]?[] Witnesses { get; init; }

    public required GramFrequencies Frequencies { get; init; }
}
