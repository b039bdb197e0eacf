using CsCheck;
using Custodiet.Analytics;
using Custodiet.Analytics.Language;
using Custodiet.Analytics.Matching;
using Custodiet.Documents;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

/// <summary>The fast path must find exactly what the plain interpreter finds, whatever the rules and events are.</summary>
public class FastPathTests
{
    // A small alphabet makes patterns and values meet: case, wildcards, dashes, backslashes, and letters whose folding is special.
    private static readonly Gen<string> Piece = Gen.OneOf(
        "a",
        "A",
        "b",
        "cmd",
        ".exe",
        @"\",
        " -x",
        "/y",
        "*",
        "?",
        "1",
        "0",
        "ü",
        "Ü",
        "\u212A",
        "k",
        "😀",
        "Σ",
        "ς",
        " ",
        "abcd",
        "-",
        "10.0.0.1",
        "ſ",
        "İ"
    );

    private static readonly Gen<string> Text = Piece.Array[0, 5].Select(p => string.Concat(p));
    private static readonly Gen<string> Field = Gen.OneOf("A", "B", "C", "A.b");

    private static readonly Gen<string> Modifiers = Gen.OneOf(
        "",
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|contains|all",
        "|contains|cased",
        "|cased",
        "|endswith|cased",
        "|contains|windash",
        "|base64offset|contains",
        "|wide|base64offset|contains",
        "|neq",
        "|fieldref",
        "|fieldref|contains",
        "|exists",
        "|re",
        "|re|i",
        "|cidr",
        "|gt",
        "|lte"
    );

    private static readonly Gen<string> Expression = Gen.OneOf(
        "abcd",
        "a.c",
        "(?i)CMD",
        "cmd|exe",
        "^a",
        "x$",
        @"\.exe",
        "(?:abcd)+",
        "[ab]+cd",
        "a{2}",
        "k",
        "abc?d",
        "(abcd|ü)",
        @"\w+\\",
        "😀",
        "(?:a|b)cmd",
        @"cmd\d*\.exe"
    );

    private static readonly Gen<string> Item = Gen.Select(
        Field,
        Modifiers,
        Text.Array[1, 4],
        Expression,
        (field, modifiers, texts, expression) =>
            modifiers switch
            {
                "|fieldref" or "|fieldref|contains" => $"{field}{modifiers}: C",
                "|exists" => $"{field}{modifiers}: {(texts[0].Length % 2 == 0 ? "true" : "false")}",
                "|re" or "|re|i" => $"{field}{modifiers}: '{expression}'",
                "|cidr" => $"{field}{modifiers}: 10.0.0.0/8",
                "|gt" or "|lte" => $"{field}{modifiers}: 5",
                "" when texts.Length == 1 => $"{field}: {(texts[0].Length % 3 == 0 ? "null" : "10")}",
                _ => $"{field}{modifiers}: [{string.Join(", ", texts.Select(t => $"'{t}'"))}]",
            }
    );

    private static readonly Gen<string> Condition = Gen.OneOf(
        "s1",
        "not s1",
        "s1 and s2",
        "s1 or s2",
        "s1 and not s2",
        "not (s1 or s2)",
        "not (s1 and not s3)",
        "1 of s*",
        "all of s*",
        "(s1 or s2) and not s3",
        "s3 and (s1 or not s2)",
        "k",
        "k and s1",
        "not k or s1"
    );

    private static readonly Gen<string> Rule = Gen.Select(
        Item,
        Item,
        Item,
        Text,
        Condition,
        (one, two, three, keyword, condition) =>
            $"s1:\n    - {one}\n    - {two}\ns2:\n    {three}\ns3:\n    {one}\nk: ['{keyword}', 'cmd']\ncondition: {condition}"
    );

    private static readonly Gen<(string, object?)[]> Fields = Gen.Select(
        Gen.OneOf("A", "B", "C", "A.b", "D"),
        Gen.OneOf<object?>(
            Text.Select(t => (object?)t),
            Text.Select(t => (object?)t),
            Gen.Int[0, 12].Select(i => (object?)i),
            Gen.Bool.Select(b => (object?)b),
            Gen.OneOf<object?>(null, new Sigma.Number("1e1"), new Sigma.Number("10.0"), "10.1.2.3")
        ),
        (name, value) => (name, value)
    ).Array[0, 6];

    [Fact]
    public void ItAgreesWithTheInterpreterOnRandomRulesAndEvents() =>
        Gen.Select(Rule.Array[1, 12], Fields.Array[1, 12])
            .Sample((rules, events) => Agree(rules, events), iter: 400, threads: 1);

    [Fact]
    public void WildcardsAgreeWithTheInterpreter() =>
        Gen.Select(
                Gen.OneOf("a", "b", "*", "?", "ü", "ab").Array[0, 8],
                Gen.OneOf("a", "b", "ü", "ab", "😀").Array[0, 8]
            )
            .Sample(
                (pattern, value) =>
                    Agree(
                        [$"s:\n    A: '{string.Concat(pattern)}'\ncondition: s"],
                        [
                            [("A", string.Concat(value))],
                        ]
                    ),
                iter: 1_000,
                threads: 1
            );

    [Fact]
    public void FoldingIsTheSameForRulesAndForEvents() =>
        Gen.String.Sample(text =>
        {
            byte[] source = System.Text.Encoding.UTF8.GetBytes(text);
            byte[] target = new byte[source.Length * Folding.GrowthMax];
            int written = Folding.Fold(source, target);
            // Half a surrogate pair becomes U+FFFD on the way to UTF-8.
            string expected = Folding.Fold(System.Text.Encoding.UTF8.GetString(source));
            Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(target.AsSpan(0, written)));
        });

    [Fact]
    public void EveryCodePointFoldsToItselfTwiceAndNeverGrowsPastTheBound()
    {
        byte[] source = new byte[4];
        for (int i = 0; i <= 0x10FFFF; i++)
        {
            if (System.Text.Rune.TryCreate(i, out System.Text.Rune rune))
            {
                System.Text.Rune folded = Folding.Fold(rune);
                int length = rune.EncodeToUtf8(source);
                bool holds =
                    Folding.Fold(folded) == folded
                    && folded.Utf8SequenceLength <= length * Folding.GrowthMax
                    && folded.Utf8SequenceLength * 3 >= length;
                Assert.True(holds, $"U+{i:X4}");
            }
        }
    }

    [Fact]
    public void AnEventFullOfEveryLiteralIsStillMatchedExactly()
    {
        string[] literals = [.. Enumerable.Range(0, 400).Select(i => $"lit{i:x}eral{i * 7919 % 400:x}")];
        string[] rules = [.. literals.Select(l => $"s:\n    A|contains: '{l}'\ncondition: s")];
        Agree(
            rules,
            [
                [("A", string.Concat(literals))],
                [("A", string.Concat(literals.Select(l => l[1..])))],
            ]
        );
    }

    [Fact]
    public void ManyNestedPrefixesNeedNoDeepStack()
    {
        string[] values = [.. Enumerable.Range(1, 3_000).Select(i => $"'{new string('a', i)}'")];
        string rule =
            $"s:\n    A|startswith: [{string.Join(", ", values)}]\n    B|endswith: [{string.Join(", ", values)}]\ncondition: s";
        Agree(
            [rule],
            [
                [("A", "ab"), ("B", "ba")],
                [("A", "b"), ("B", "a")],
            ]
        );
    }

    private static void Agree(string[] detections, (string, object?)[][] events)
    {
        FieldTable table = new();
        LogSourceTable logSources = new();
        SigmaRule[] rules =
        [
            .. detections.SelectMany(
                (d, i) => SigmaRule.Parse(new SourceText("rule.yml", Sigma.Text(d, $"rule-{i}"))).Rules
            ),
        ];
        RuleSet set = RuleSet.Compile(rules, table, logSources);
        Evaluator evaluator = set.NewEvaluator();
        Interpreter interpreter = new(table);
        foreach ((string, object?)[] fields in events)
        {
            Event e = Sigma.Event(table, logSources, fields);
            List<int> matches = [];
            evaluator.Evaluate(e, matches);
            int[] expected = [.. Enumerable.Range(0, rules.Length).Where(r => interpreter.Matches(rules[r], e))];
            Assert.Equal(expected, matches);
        }
        Assert.All(set.ReadStatistics().Rules, r => Assert.Equal(0, r.Errors));
    }
}
