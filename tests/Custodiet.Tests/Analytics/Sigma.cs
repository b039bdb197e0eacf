using System.Globalization;
using System.Text;
using Custodiet.Analytics;
using Custodiet.Analytics.Matching;
using Custodiet.Documents;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

/// <summary>Builds rules and events in one line, and asks both ways of matching.</summary>
internal static class Sigma
{
    public static readonly LogSource Windows = new("windows", "process_creation", "sysmon");

    /// <summary>The text of a whole rule around the lines of a detection.</summary>
    public static string Text(string detection, string id = "11111111-2222-4333-8444-555555555555") =>
        $"title: A rule\nid: {id}\nstatus: test\nauthor: An Author\nlevel: high\nlogsource:\n    product: windows\n    category: process_creation\ndetection:\n"
        + string.Join('\n', detection.Trim('\n').Split('\n').Select(l => "    " + l))
        + "\n";

    public static SigmaRule Rule(string detection)
    {
        RuleParse parse = SigmaRule.Parse(new SourceText("rule.yml", Text(detection)));
        Assert.Empty(parse.Refused);
        return Assert.Single(parse.Rules);
    }

    /// <summary>The code of the one error that keeps a rule out.</summary>
    public static string Refusal(string detection)
    {
        RuleParse parse = SigmaRule.Parse(new SourceText("rule.yml", Text(detection)));
        Assert.Empty(parse.Rules);
        return Assert.Single(parse.Refused).Problems.First(p => p.Level == Records.ProblemLevel.Error).Code;
    }

    /// <summary>Whether an event with these fields matches; asserts that the fast path and the interpreter agree.</summary>
    public static bool Matches(string detection, params (string Name, object? Value)[] fields) =>
        Matches(Rule(detection), fields);

    public static bool Matches(SigmaRule rule, params (string Name, object? Value)[] fields)
    {
        FieldTable table = new();
        LogSourceTable logSources = new();
        RuleSet set = RuleSet.Compile([rule], table, logSources);
        Event e = Event(table, logSources, fields);
        List<int> matches = [];
        set.NewEvaluator().Evaluate(e, matches);
        bool plain = new Interpreter(table).Matches(rule, e);
        Assert.True(plain == (matches.Count == 1), $"interpreter {plain}, fast path {matches.Count == 1}");
        return plain;
    }

    public static Event Event(FieldTable table, LogSourceTable logSources, params (string Name, object? Value)[] fields)
    {
        Event e = new() { LogSources = logSources.Intern([Windows]) };
        foreach ((string name, object? value) in fields)
        {
            foreach (object? member in value is object?[] members ? members : [value])
            {
                Add(e, table.Intern(name), member);
            }
        }
        return e;
    }

    private static void Add(Event e, int field, object? value)
    {
        switch (value)
        {
            case null:
                e.Add(field, [], FieldKind.Null);
                break;
            case bool flag:
                e.Add(field, flag ? "true"u8 : "false"u8, flag ? FieldKind.True : FieldKind.False);
                break;
            case string text:
                e.Add(field, Encoding.UTF8.GetBytes(text), FieldKind.Text);
                break;
            case Number number:
                e.Add(field, Encoding.UTF8.GetBytes(number.Written), FieldKind.Number);
                break;
            default:
                string written = ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);
                e.Add(field, Encoding.UTF8.GetBytes(written), FieldKind.Number);
                break;
        }
    }

    /// <summary>A JSON number as it is written.</summary>
    public sealed record Number(string Written);
}
