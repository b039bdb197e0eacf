using Custodiet.Process.Conditions;
using Custodiet.Process.Definitions;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Tests.Process;

public sealed class ConditionTests
{
    private static readonly Dictionary<string, Question> questions = new Question[]
    {
        Ask("sure", "yes-no"),
        Ask("signs", "choices", "none", "spread", "evasion"),
        Ask("hosts", "number"),
        Ask("name", "entity"),
    }.ToDictionary(question => question.Id);

    private static readonly Dictionary<string, AnswerValue> answers = new()
    {
        ["sure"] = new AnswerValue("yes-no", YesNo: "yes"),
        ["signs"] = new AnswerValue("choices", Choices: ["spread", "evasion"]),
        ["hosts"] = new AnswerValue("number", Number: 3),
    };

    [Theory]
    [InlineData("sure == 'yes'", true)]
    [InlineData("sure != 'yes'", false)]
    [InlineData("'spread' in signs", true)]
    [InlineData("'none' in signs", false)]
    [InlineData("sure in ['no', 'cannot-tell']", false)]
    [InlineData("hosts >= 3 and hosts < 4", true)]
    [InlineData("hosts == 3.0", true)]
    [InlineData("sure == 'no' or 'spread' in signs and hosts > 1", true)]
    [InlineData("(sure == 'no' or 'spread' in signs) and hosts > 5", false)]
    [InlineData("not not sure == 'yes'", true)]
    [InlineData("answered(name)", false)]
    [InlineData("not answered(name) and sure == 'yes'", true)]
    [InlineData("name == 'x'", null)]
    [InlineData("name != 'x'", null)]
    [InlineData("not name == 'x'", null)]
    [InlineData("name == 'x' or sure == 'yes'", true)]
    [InlineData("name == 'x' and sure == 'no'", false)]
    public void AConditionHoldsDoesNotHoldOrWaitsForAnAnswer(string text, bool? expected)
    {
        (Condition? condition, IReadOnlyList<Problem> problems) = Parse(text);
        Assert.Empty(problems);
        Assert.Equal(expected, condition!.Holds(answers));
    }

    [Theory]
    [InlineData("", 10, "condition.syntax")]
    [InlineData("sure", 14, "condition.syntax")]
    [InlineData("sure == ", 18, "condition.syntax")]
    [InlineData("sure == 'yes", 18, "condition.syntax")]
    [InlineData("sure == 'yes' hosts", 24, "condition.syntax")]
    [InlineData("(sure == 'yes'", 24, "condition.syntax")]
    [InlineData("sure == yes", 18, "condition.syntax")]
    [InlineData("signs in []", 20, "condition.syntax")]
    [InlineData("and", 10, "condition.syntax")]
    [InlineData("hosts > '3'", 16, "condition.type")]
    [InlineData("sure > 3", 17, "condition.type")]
    [InlineData("sure > 3.4.5", 17, "condition.syntax")]
    [InlineData("'sprad' in signs", 10, "condition.option.unknown")]
    [InlineData("hots > 3", 10, "condition.question.unknown")]
    [InlineData("answered(x)", 19, "condition.question.unknown")]
    [InlineData("system('rm')", 16, "condition.syntax")]
    public void AMistakeIsFoundWhereItStands(string text, int column, string code)
    {
        (Condition? condition, IReadOnlyList<Problem> problems) = Parse(text);
        Assert.Null(condition);
        Assert.Contains(problems, problem => problem.Code == code && problem.Position.Column == column);
    }

    [Fact]
    public void ANearMissIsHinted()
    {
        Assert.Equal("did you mean «hosts»?", Parse("hots > 3").Problems[0].Hint);
    }

    [Fact]
    public void NestingAndLengthAreBounded()
    {
        Assert.Equal("condition.depth", Parse(new string('(', 500) + "sure == 'yes'").Problems[0].Code);
        Assert.Equal("condition.depth", Parse(string.Concat(Enumerable.Repeat("not ", 100)) + "x").Problems[0].Code);
        Assert.Equal("condition.size", Parse(new string(' ', 2_000)).Problems[0].Code);
    }

    private static (Condition? Condition, IReadOnlyList<Problem> Problems) Parse(string text) =>
        ConditionParser.Parse(text, new TextPosition("p.yml", 1, 10), questions);

    private static Question Ask(string id, string type, params string[] options) =>
        new(
            id,
            "step",
            QuestionKind.Judgement,
            type,
            null,
            id,
            null,
            [.. options.Select(option => new QuestionOption(option, option, null, null))],
            null,
            Requirement.No,
            [],
            [],
            null
        );
}
