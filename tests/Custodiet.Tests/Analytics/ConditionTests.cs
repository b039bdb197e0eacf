namespace Custodiet.Tests.Analytics;

/// <summary>Expected values: Sigma specification 2.1, «Condition».</summary>
public class ConditionTests
{
    private const string Searches =
        "sel_a:\n    F: a\nsel_b:\n    G: b\nother:\n    H: c\n_hidden:\n    I: d\ntimeframe: 5m\n";

    [Theory]
    [InlineData("sel_a", "F", true)]
    [InlineData("sel_a and sel_b", "F", false)]
    [InlineData("sel_a and sel_b", "FG", true)]
    [InlineData("sel_a or sel_b", "G", true)]
    [InlineData("sel_a OR sel_b AND NOT other", "FH", true)]
    [InlineData("(sel_a or sel_b) and not other", "FH", false)]
    [InlineData("not sel_a and sel_b", "G", true)]
    [InlineData("not (sel_a and sel_b)", "FG", false)]
    [InlineData("not not sel_a", "F", true)]
    [InlineData("1 of sel_*", "G", true)]
    [InlineData("any of sel_*", "G", true)]
    [InlineData("1 of sel_*", "H", false)]
    [InlineData("all of sel_*", "F", false)]
    [InlineData("all of sel_*", "FG", true)]
    [InlineData("all of *_a", "F", true)]
    [InlineData("1 of s*_b", "G", true)]
    [InlineData("all of them", "FGH", true)]
    [InlineData("1 of them", "I", false)]
    [InlineData("1 of _*", "I", true)]
    [InlineData("1 of *hidden or other", "H", true, true)]
    [InlineData("not 1 of sel_*", "H", true)]
    [InlineData("sel_a and not all of sel_*", "F", true)]
    [InlineData("other", "H", true)]
    public void AConditionMeans(string condition, string present, bool expected, bool refused = false)
    {
        string detection = Searches + $"condition: {condition}";
        if (refused)
        {
            // A pattern that does not begin with «_» passes over identifiers that do, and so matches nothing here.
            Assert.Equal("sigma.condition.no-match", Sigma.Refusal(detection));
            return;
        }
        (string, object?)[] fields =
        [
            .. new[] { ("F", "a"), ("G", "b"), ("H", "c"), ("I", "d") }
                .Where(f => present.Contains(f.Item1, StringComparison.Ordinal))
                .Select(f => (f.Item1, (object?)f.Item2)),
        ];
        Assert.Equal(expected, Sigma.Matches(detection, fields));
    }

    [Fact]
    public void AListOfConditionsIsOr()
    {
        Assert.True(Sigma.Matches(Searches + "condition:\n    - sel_a and sel_b\n    - other", ("H", "c")));
        Assert.False(Sigma.Matches(Searches + "condition:\n    - sel_a and sel_b\n    - other", ("F", "a")));
    }

    [Theory]
    [InlineData("sel_a | count() > 5", "sigma.condition.aggregation")]
    [InlineData("sel_x", "sigma.condition.unknown")]
    [InlineData("1 of filter_*", "sigma.condition.no-match")]
    [InlineData("all of nothing", "sigma.condition.no-match")]
    [InlineData("2 of sel_*", "sigma.condition.quantifier")]
    [InlineData("sel_a and", "sigma.condition.syntax")]
    [InlineData("and sel_a", "sigma.condition.syntax")]
    [InlineData("(sel_a", "sigma.condition.syntax")]
    [InlineData("sel_a)", "sigma.condition.syntax")]
    [InlineData("sel_a sel_b", "sigma.condition.syntax")]
    [InlineData("1 of", "sigma.condition.syntax")]
    [InlineData("sel_a and $x", "sigma.condition.syntax")]
    [InlineData("''", "sigma.condition.empty")]
    public void AConditionIsRefused(string condition, string code) =>
        Assert.Equal(code, Sigma.Refusal(Searches + $"condition: {condition}"));

    [Theory]
    [InlineData("(")]
    [InlineData("not ")]
    public void AConditionNestedTooDeepIsRefused(string nesting) =>
        Assert.Equal(
            "sigma.condition.depth",
            Sigma.Refusal(Searches + "condition: '" + string.Concat(Enumerable.Repeat(nesting, 100_000)) + "sel_a'")
        );

    [Fact]
    public void AMissingConditionIsRefused() => Assert.Equal("sigma.condition.missing", Sigma.Refusal("s:\n    F: a"));

    [Fact]
    public void AProblemOfAConditionNamesItsColumn()
    {
        Custodiet.Analytics.RuleParse parse = Custodiet.Analytics.SigmaRule.Parse(
            new Custodiet.Documents.SourceText("r.yml", Sigma.Text("s:\n    F: a\ncondition: s and missing"))
        );
        Records.TextPosition position = Assert.Single(parse.Problems).Position;
        Assert.Equal("r.yml:12:22", position.ToString());
    }
}
