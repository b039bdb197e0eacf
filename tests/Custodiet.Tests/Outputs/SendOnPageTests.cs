using System.Text.RegularExpressions;
using Custodiet.Documents;
using Custodiet.Outputs;
using Custodiet.Records;

namespace Custodiet.Tests.Outputs;

public class SendOnPageTests
{
    [Fact]
    public void TheExamplesOfThePageAreInOrder()
    {
        string page = File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "send-on.md"));
        string[] examples =
        [
            .. Regex
                .Matches(page, "```yaml\n(.*?)```", RegexOptions.Singleline, TimeSpan.FromSeconds(1))
                .Select(match => match.Groups[1].Value),
        ];
        // The second shows a destination alone.
        examples[1] = "id: on\n" + examples[1];
        SourceText[] texts = [.. examples.Select((text, number) => new SourceText($"example-{number}.yml", text))];
        List<Problem> problems = [];
        OutputContent content = OutputContent.Read(
            [.. texts.Where(t => t.Text.Contains("\nto:", StringComparison.Ordinal))],
            [.. texts.Where(t => !t.Text.Contains("\nto:", StringComparison.Ordinal))],
            problems
        );
        Assert.Empty(problems);
        Assert.Equal(["on", "to-siem"], content.Routes.Select(r => r.Id));
        Assert.Equal(["firewall-chatter"], content.Reductions.Select(r => r.Id));
    }
}
