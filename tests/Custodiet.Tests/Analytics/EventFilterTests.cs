using System.Text;
using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

public class EventFilterTests
{
    private readonly FieldTable fields = new();
    private readonly LogSourceTable logSources = new();
    private readonly SourceTable sources = new();

    [Theory]
    [InlineData("technology: win*", "110")]
    [InlineData("technology: [linux, WINDOWS]", "110")]
    [InlineData("sensor: dc-*", "100")]
    [InlineData("criticality: [high, vital]", "100")]
    [InlineData("criticality: normal", "011")]
    [InlineData("parsed: false", "001")]
    [InlineData("logsource: {product: windows}", "110")]
    [InlineData("logsource: {product: windows, service: security}", "100")]
    [InlineData("detection: {s: {EventID: [1, 4624]}, condition: s}", "110")]
    [InlineData("detection: {s: {Image|endswith: '\\A.EXE'}, condition: s}", "010")]
    [InlineData("detection: {s: {EventID: 4624}, condition: not s}", "011")]
    [InlineData("detection: {s: ['*broken*'], condition: s}", "001")]
    [InlineData("{sensor: '*', logsource: {product: windows}, detection: {s: {EventID: 1}, condition: s}}", "010")]
    public void EveryPartThatIsGivenMustHold(string when, string expected)
    {
        EventFilterEvaluator evaluator = Compile(when).NewEvaluator();
        string selected = string.Concat(Events().Select(e => evaluator.Evaluate(e)[0] ? '1' : '0'));
        Assert.Equal(expected, selected);
    }

    [Fact]
    public void ManyFiltersAnswerAtOnceAndOneWithoutPartsSelectsEverything()
    {
        EventFilterEvaluator evaluator = Compile(
                "detection: {s: {EventID: 1}, condition: s}",
                null,
                "sensor: none",
                "detection: {s: {EventID: 4624}, condition: s}"
            )
            .NewEvaluator();
        string[] selected =
        [
            .. Events().Select(e => string.Concat(evaluator.Evaluate(e).ToArray().Select(s => s ? '1' : '0'))),
        ];
        Assert.Equal(["0101", "1100", "0100"], selected);
    }

    private EventFilterSet Compile(params string?[] whens)
    {
        List<Problem> problems = [];
        EventFilter[] filters =
        [
            .. whens.Select(when =>
            {
                ContentMap? map = when is null
                    ? null
                    : ContentMap.Open(new SourceText("f.yml", when), "A filter", "filter", problems);
                return EventFilter.Read(map, problems);
            }),
        ];
        Assert.Empty(problems);
        Func<SourceKey, Criticality> criticality = s => s.Sensor == "dc-1" ? Criticality.High : Criticality.Normal;
        return EventFilterSet.Compile(filters, fields, logSources, sources, criticality);
    }

    private IEnumerable<Event> Events()
    {
        yield return Make("windows", "dc-1", "security", ("EventID", "4624"));
        yield return Make("windows", "ws-1", "sysmon", ("EventID", "1"), ("Image", @"C:\a.exe"));
        Event text = Make("unknown", "unknown", null, ("message", "a broken line"));
        text.Unparsed = UnparsedReason.NotRecognised;
        yield return text;
    }

    private Event Make(string technology, string sensor, string? service, params (string Name, string Value)[] values)
    {
        Event item = new()
        {
            Source = sources.Intern(new SourceKey(technology, sensor)),
            LogSources = service is null
                ? LogSourceTable.Unrouted
                : logSources.Intern([new LogSource("windows", null, service)]),
        };
        foreach ((string name, string value) in values)
        {
            item.Add(fields.Intern(name), Encoding.UTF8.GetBytes(value), FieldKind.Text);
        }
        return item;
    }
}
