using Custodiet.Records;

namespace Custodiet.Analytics.Language;

/// <summary>Collects what is wrong with one document.</summary>
internal sealed class ProblemList
{
    private readonly List<Problem> problems = [];

    public IReadOnlyList<Problem> All => problems;

    public bool HasErrors { get; private set; }

    public void Error(string code, string message, TextPosition position, string? hint = null)
    {
        HasErrors = true;
        problems.Add(new Problem(ProblemLevel.Error, code, message, position, hint));
    }

    public void Warn(string code, string message, TextPosition position, string? hint = null) =>
        problems.Add(new Problem(ProblemLevel.Warning, code, message, position, hint));
}
