using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads log source definitions: files of their own, and those inside a parser.</summary>
internal static class LogSourceFile
{
    private const string Prefix = "logsource";

    /// <summary>Reads a file of <c>content/logsources</c>.</summary>
    /// <returns>Null when it has an error.</returns>
    public static LogSourceDefinition? Read(SourceText text, List<Problem> problems)
    {
        int before = problems.Count;
        if (ContentMap.Open(text, "A log source file", Prefix, problems) is not { } map)
        {
            return null;
        }
        string id = map.Required("id");
        map.WholeNumber("version", 1);
        map.Optional("description");
        LogSourceDefinition definition = ReadBody(map, id, map.Texts("inputs"));
        map.Close();
        return ProblemCheck.HasErrors(problems, before) ? null : definition;
    }

    /// <summary>Reads the part that a file of its own and a parser's own definition share.</summary>
    public static LogSourceDefinition ReadBody(ContentMap map, string id, IReadOnlyList<string> inputs)
    {
        List<LogSourceRule> rules = [];
        foreach (ContentMap item in map.Each("rules"))
        {
            rules.Add(ReadRule(item, inputs));
        }
        return new LogSourceDefinition(id, map.Optional("product"), map.Optional("technology"), inputs, rules);
    }

    private static LogSourceRule ReadRule(ContentMap item, IReadOnlyList<string> inputs)
    {
        List<(int, IReadOnlyList<string>)> when = [];
        if (item.Map("when") is { } conditions)
        {
            foreach (MappingEntry entry in conditions.Entries)
            {
                int input = Index(inputs, entry.Key.Text);
                if (input < 0)
                {
                    conditions.Error(
                        "input",
                        $"«{entry.Key.Text}» is not one of the inputs: {string.Join(", ", inputs)}.",
                        entry.Key.Position
                    );
                    continue;
                }
                when.Add((input, conditions.TextsOf(entry)));
            }
        }
        LogSourceRule rule = new(
            when,
            item.Optional("service"),
            item.Optional("technology"),
            item.Texts("category"),
            item.Texts("more_services"),
            item.Pairs("aliases")
        );
        item.Close();
        return rule;
    }

    private static int Index(IReadOnlyList<string> inputs, string name)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            if (inputs[i] == name)
            {
                return i;
            }
        }
        return -1;
    }
}

/// <summary>Whether reading one thing reported an error.</summary>
internal static class ProblemCheck
{
    public static bool HasErrors(List<Problem> problems, int from)
    {
        for (int i = from; i < problems.Count; i++)
        {
            if (problems[i].Level == ProblemLevel.Error)
            {
                return true;
            }
        }
        return false;
    }
}
