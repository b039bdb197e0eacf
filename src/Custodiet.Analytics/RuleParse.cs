using Custodiet.Records;

namespace Custodiet.Analytics;

/// <summary>A rule that was not loaded, and why.</summary>
/// <param name="Position">Where its document begins.</param>
/// <param name="Id">Its id, if that could be read.</param>
/// <param name="Title">Its title, if that could be read.</param>
/// <param name="Problems">All that is wrong with it; at least one is an error.</param>
public sealed record RefusedRule(TextPosition Position, string? Id, string? Title, IReadOnlyList<Problem> Problems);

/// <summary>What a file of Sigma rules holds: the rules that can run, those that cannot, and everything that is wrong.</summary>
/// <param name="Rules">The rules to run.</param>
/// <param name="Refused">Documents that are not loaded.</param>
/// <param name="Problems">All problems of the file, those of the refused documents included.</param>
public sealed record RuleParse(
    IReadOnlyList<SigmaRule> Rules,
    IReadOnlyList<RefusedRule> Refused,
    IReadOnlyList<Problem> Problems
);
