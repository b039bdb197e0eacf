using System.Globalization;
using Custodiet.Documents;
using Custodiet.Process.Definitions;
using Custodiet.Records;

namespace Custodiet.Process.Conditions;

/// <summary>
/// Reads conditions: <c>or</c> below <c>and</c> below <c>not</c>; <c>==</c>, <c>!=</c>, <c>in</c> on choices and texts;
/// <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c> on numbers; <c>answered(question)</c>; brackets.
/// A question or option that does not exist is a problem with its place, like every mistake in the grammar.
/// </summary>
internal sealed class ConditionParser
{
    /// <summary>A condition's characters at most.</summary>
    public const int CharactersMax = 1_000;

    /// <summary>Brackets and <c>not</c> inside one another at most.</summary>
    public const int DepthMax = 32;

    private readonly IReadOnlyDictionary<string, Question> earlier;
    private readonly TextPosition start;
    private readonly List<Token> tokens;
    private readonly List<Problem> problems = [];
    private int next;
    private int depth;

    private ConditionParser(string text, TextPosition start, IReadOnlyDictionary<string, Question> earlier)
    {
        this.start = start;
        this.earlier = earlier;
        tokens = Tokens.Of(text);
    }

    /// <summary>Reads one condition.</summary>
    /// <param name="text">The condition.</param>
    /// <param name="start">Where its first character stands.</param>
    /// <param name="earlier">The questions it may look at.</param>
    public static (Condition? Condition, IReadOnlyList<Problem> Problems) Parse(
        string text,
        TextPosition start,
        IReadOnlyDictionary<string, Question> earlier
    )
    {
        if (text.Length > CharactersMax)
        {
            string message = $"The condition has {text.Length:N0} characters; the limit is {CharactersMax:N0}.";
            return (null, [new Problem(ProblemLevel.Error, "condition.size", message, start)]);
        }
        ConditionParser parser = new(text, start, earlier);
        ConditionNode? root = null;
        try
        {
            root = parser.Or();
            parser.Expect(TokenKind.End, "«and», «or» or the end");
        }
        catch (SyntaxException stopped)
        {
            parser.problems.Add(stopped.Problem);
        }
        return parser.problems.Count == 0 ? (new Condition(text, root!), []) : (null, parser.problems);
    }

    private Token Current => tokens[next];

    private ConditionNode Or()
    {
        ConditionNode left = And();
        while (Current.Is("or"))
        {
            next++;
            left = new OrNode(left, And());
        }
        return left;
    }

    private ConditionNode And()
    {
        ConditionNode left = Not();
        while (Current.Is("and"))
        {
            next++;
            left = new AndNode(left, Not());
        }
        return left;
    }

    private ConditionNode Not()
    {
        if (++depth > DepthMax)
        {
            throw Stop("condition.depth", $"Nested deeper than {DepthMax} levels.", Current);
        }
        ConditionNode node;
        if (Current.Is("not"))
        {
            next++;
            node = new NotNode(Not());
        }
        else if (Current.Kind == TokenKind.Open)
        {
            next++;
            node = Or();
            Expect(TokenKind.Close, "«)»");
        }
        else
        {
            node = Comparison();
        }
        depth--;
        return node;
    }

    private ConditionNode Comparison()
    {
        if (Current.Kind == TokenKind.Text)
        {
            Token text = tokens[next++];
            if (!Current.Is("in"))
            {
                throw Stop("condition.syntax", $"After a text «in» must follow, not {Current.InWords}.", Current);
            }
            next++;
            Token question = Name();
            CheckTexts(question, [text]);
            return new TextNode(question.Value, [text.Value], Negated: false);
        }
        Token name = Name();
        if (name.Value == "answered" && Current.Kind == TokenKind.Open)
        {
            next++;
            Token question = Name();
            FindQuestion(question);
            Expect(TokenKind.Close, "«)»");
            return new AnsweredNode(question.Value);
        }
        if (Current.Is("in"))
        {
            next++;
            List<Token> texts = List();
            CheckTexts(name, texts);
            return new TextNode(name.Value, [.. texts.Select(text => text.Value)], Negated: false);
        }
        Token comparison = Expect(TokenKind.Operator, "«==», «!=», «in» or another comparison");
        return Compare(name, comparison, tokens[next++]);
    }

    private ConditionNode Compare(Token name, Token comparison, Token value)
    {
        if (value.Kind == TokenKind.Number)
        {
            if (!double.TryParse(value.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                throw Stop("condition.syntax", $"«{value.Value}» is not a number.", value);
            }
            if (FindQuestion(name) is { Type: not ("number" or "duration") } question)
            {
                Report("condition.type", $"«{name.Value}» is of type {question.Type}, not a number.", value, null);
            }
            return new NumberNode(name.Value, comparison.Value, number);
        }
        if (value.Kind != TokenKind.Text)
        {
            next--;
            throw Stop(
                "condition.syntax",
                $"A text in single quotes or a number is missing before {value.InWords}.",
                value
            );
        }
        if (comparison.Value is not ("==" or "!="))
        {
            Report("condition.type", $"Texts have no order: «{comparison.Value}» needs a number.", comparison, null);
        }
        CheckTexts(name, [value]);
        return new TextNode(name.Value, [value.Value], comparison.Value == "!=");
    }

    private List<Token> List()
    {
        Expect(TokenKind.ListOpen, "«[»");
        List<Token> texts = [Expect(TokenKind.Text, "a text in single quotes")];
        while (Current.Kind == TokenKind.Comma)
        {
            next++;
            texts.Add(Expect(TokenKind.Text, "a text in single quotes"));
        }
        Expect(TokenKind.ListClose, "«,» or «]»");
        return texts;
    }

    private Token Name()
    {
        Token name = Expect(TokenKind.Name, "a question's id");
        if (name.Value is "and" or "or" or "not" or "in")
        {
            throw Stop("condition.syntax", $"A question's id is missing before «{name.Value}».", name);
        }
        return name;
    }

    private Question? FindQuestion(Token name)
    {
        if (earlier.TryGetValue(name.Value, out Question? question))
        {
            return question;
        }
        string? near = Nearest.To(name.Value, earlier.Keys);
        Report(
            "condition.question.unknown",
            $"No earlier question has the id «{name.Value}».",
            name,
            near is null ? "a condition may only look at questions that stand before it" : $"did you mean «{near}»?"
        );
        return null;
    }

    private void CheckTexts(Token name, List<Token> texts)
    {
        if (FindQuestion(name) is not { } question)
        {
            return;
        }
        if (question.Type is "number" or "duration" or "instant")
        {
            Report("condition.type", $"«{name.Value}» is of type {question.Type}, not a text.", texts[0], null);
            return;
        }
        IReadOnlyList<string>? known = question.Type switch
        {
            "choice" or "choices" => [.. question.Options.Select(option => option.Id)],
            "yes-no" => AnswerTypes.YesNo,
            _ => null,
        };
        foreach (Token text in texts)
        {
            if (known is not null && !known.Contains(text.Value))
            {
                string hint = $"one of: {string.Join(", ", known)}";
                Report("condition.option.unknown", $"«{name.Value}» has no option «{text.Value}».", text, hint);
            }
        }
    }

    private Token Expect(TokenKind kind, string words)
    {
        if (Current.Kind != kind)
        {
            throw Stop("condition.syntax", $"Expected {words}, found {Current.InWords}.", Current);
        }
        return Current.Kind == TokenKind.End ? Current : tokens[next++];
    }

    private TextPosition At(Token token) => start with { Column = start.Column + token.At };

    private void Report(string code, string message, Token token, string? hint) =>
        problems.Add(new Problem(ProblemLevel.Error, code, message, At(token), hint));

    private SyntaxException Stop(string code, string message, Token token) =>
        new(new Problem(ProblemLevel.Error, code, message, At(token)));

    private sealed class SyntaxException(Problem problem) : Exception(problem.Message)
    {
        public Problem Problem { get; } = problem;
    }
}
