using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Tests.Documents;

public class ContentMapTests
{
    private static (ContentMap? Map, List<Problem> Problems) Open(string text, int textCharactersMax = 100)
    {
        List<Problem> problems = [];
        return (
            ContentMap.Open(new SourceText("f.yml", text), "A thing", "thing", problems, textCharactersMax),
            problems
        );
    }

    [Theory]
    [InlineData("- a", "thing.document", 1, 1)]
    [InlineData("a: 1\n---\nb: 2", "thing.document", 3, 1)]
    [InlineData("", "thing.document", 1, 1)]
    [InlineData("a: *b", "yaml.alias", 1, 4)]
    public void AFileThatIsNotOneMapIsOneProblem(string text, string code, int line, int column)
    {
        (ContentMap? map, List<Problem> problems) = Open(text);
        Assert.Null(map);
        Problem problem = Assert.Single(problems);
        Assert.Equal((code, line, column), (problem.Code, problem.Position.Line, problem.Position.Column));
    }

    [Fact]
    public void AKeyThatNobodyAskedForIsReportedWithTheOneProbablyMeant()
    {
        (ContentMap? map, List<Problem> problems) = Open("nmae: x\nzzzzzz: y\n");
        Assert.Equal("", map!.Required("name"));
        map.Close();
        Assert.Equal(
            [
                ("thing.missing", 1, null),
                ("thing.unknown-key", 1, "did you mean «name»?"),
                ("thing.unknown-key", 2, "known: name"),
            ],
            problems.Select(problem => (problem.Code, problem.Position.Line, problem.Hint))
        );
    }

    [Fact]
    public void EveryWrongValueIsAProblemAtItsPlaceAndReadsAsNothing()
    {
        (ContentMap? map, List<Problem> problems) = Open(
            """
            text: [a]
            number: -1
            flag: yes
            id: Upper
            word: bleu
            list: {a: b}
            maps: [x, {y: z}]
            long: 01234567890123456789
            """,
            textCharactersMax: 19
        );
        Assert.Equal("", map!.Required("text"));
        Assert.Equal(7, map.WholeNumber("number", 7));
        Assert.False(map.Flag("flag"));
        Assert.Equal("Upper", map.Id());
        Assert.Equal("red", map.OneOf("word", ["red", "blue"]));
        Assert.Empty(map.Texts("list"));
        Assert.Equal("z", Assert.Single(map.Each("maps")).Required("y"));
        Assert.Null(map.Optional("long"));
        Assert.Equal(
            [
                ("thing.type", 1),
                ("thing.type", 2),
                ("thing.type", 3),
                ("thing.id", 4),
                ("thing.word", 5),
                ("thing.type", 6),
                ("thing.type", 7),
                ("thing.size", 8),
            ],
            problems.Select(problem => (problem.Code, problem.Position.Line))
        );
        Assert.Equal("did you mean «blue»?", problems[4].Hint);
    }

    [Fact]
    public void AListMayBeOneValueAndNullIsAbsent()
    {
        (ContentMap? map, List<Problem> problems) = Open("one: a\nnone: ~\nspaced: ' x '\n");
        Assert.Equal(["a"], map!.Texts("one"));
        Assert.Empty(map.Texts("none"));
        Assert.False(map.Has("none"));
        Assert.Equal("x", map.Optional("spaced"));
        Assert.Equal(" x ", map.AsWritten("spaced"));
        Assert.Empty(map.Items("many", atMost: 1));
        map.Close();
        Assert.Empty(problems);
    }

    [Fact]
    public void MoreItemsThanTheLimitAreRefusedTogether()
    {
        (ContentMap? map, List<Problem> problems) = Open("many: [a, b, c]\n");
        Assert.Empty(map!.Scalars("many", atMost: 2));
        Assert.Equal("thing.size", Assert.Single(problems).Code);
    }
}
