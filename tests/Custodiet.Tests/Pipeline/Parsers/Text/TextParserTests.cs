using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

/// <summary>What a parser file can say about text, and what a reader does with it.</summary>
public class TextParserTests
{
    private const string Head = """
        description: A demonstration.
        technology: demo
        recognise: []
        time: [{path: t, format: any}, {path: syslog.timestamp, format: syslog}]
        sensor: {paths: syslog.host, default: none}
        """;

    private static ParserSetLoad Load(params string[] parsers) =>
        ParserSet.Load([.. parsers.Select((text, i) => new SourceText($"p{i}.yml", text))], []);

    private static Reading ReadingOf(params string[] parsers)
    {
        ParserSetLoad load = Load(parsers);
        Assert.DoesNotContain(load.Problems, problem => problem.Level == ProblemLevel.Error);
        return new Reading(load.Set);
    }

    [Theory]
    [InlineData("body: text", "parser.type")]
    [InlineData("body: {format: xml}", "parser.word")]
    [InlineData("body: {form: text}", "parser.missing")]
    [InlineData("body: {format: text, message: perhaps}", "parser.word")]
    [InlineData("body: {format: text, columns: [a]}", "parser.unknown-key")]
    [InlineData("body: {format: csv}", "parser.missing")]
    [InlineData("body: {format: csv, columns: [a], delimiter: ab}", "parser.character")]
    [InlineData("body: {format: csv, columns: [a], delimiter: '\"'}", "parser.character")]
    [InlineData("body: {format: key_value, strict: maybe}", "parser.type")]
    [InlineData("body: {format: patterns}", "parser.missing")]
    [InlineData("body: {format: patterns, patterns: ['{a}{b}']}", "parser.pattern")]
    [InlineData("body: {format: patterns, patterns: [{set: {a: b}}]}", "parser.missing")]
    [InlineData("body: {format: patterns, patterns: [a], unmatched: drop}", "parser.word")]
    [InlineData("body: {format: text, require: [{path: a}]}", "parser.condition")]
    [InlineData("inside: [{path: a, format: cef}]", "parser.word")]
    [InlineData("inside: [{format: json}]", "parser.missing")]
    [InlineData("inside: [{path: a, format: uri}]", "parser.missing")]
    [InlineData("set: [{field: a}]", "parser.missing")]
    [InlineData("carried: {header: {syslog.host: h}}", "parser.missing")]
    [InlineData("carried: {text: m}\nbody: {format: text}", "parser.carried")]
    public void AMistakeIsReported(string lines, string code)
    {
        ParserSetLoad load = Load($"id: demo\n{Head}\n{lines}\n");
        Assert.Contains(load.Problems, problem => problem.Code == code && problem.Level == ProblemLevel.Error);
        Assert.Null(load.Set);
    }

    [Theory]
    [InlineData("recognise: [{text_contains: x}]", "parser.condition")]
    [InlineData("recognise: [{carried: false}]", "parser.condition")]
    [InlineData("time: [{path: t, zone: Europe/Nowhere}]", "parser.zone")]
    [InlineData("time: [{format: any}]", "parser.missing")]
    public void AMistakeInWhatParsersOfJsonHaveTooIsReported(string line, string code)
    {
        string key = line[..line.IndexOf(':', StringComparison.Ordinal)];
        IEnumerable<string> head = Head.Split('\n').Where(h => !h.StartsWith(key, StringComparison.Ordinal));
        ParserSetLoad load = Load($"id: demo\n{string.Join('\n', head)}\n{line}\n");
        Assert.Contains(load.Problems, problem => problem.Code == code && problem.Level == ProblemLevel.Error);
    }

    [Fact]
    public void AFormatThatSaysNoLeavesNothingForTheNextParser()
    {
        // The first reads three columns and then wants what is not there; the second must not see them.
        Reading reading = ReadingOf(
            $"id: first\npriority: 1\n{Head}\nbody: {{format: csv, columns: [a, b, c], require: [{{path: a, equals: never}}]}}",
            $"id: second\npriority: 2\n{Head}\nbody: {{format: patterns, patterns: ['{{x}},{{y}}'], require: [{{absent: a}}]}}"
        );
        reading.Read("<13>Mar  2 08:16:00 h 1,2,3");
        Assert.Equal("second", reading.Event.Parser);
        Assert.Empty(reading.Values("a"));
        Assert.Equal("2,3", reading.First("y"));
        Assert.Equal("demo@h", reading.SourceNow);
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
    }

    [Fact]
    public void ALineThatBreaksItsFormatKeepsWhatWasReadAndItsText()
    {
        Reading reading = ReadingOf($"id: demo\n{Head}\nbody: {{format: key_value}}");
        reading.Read("<13>Mar  2 08:16:00 h a=1 b=\"two");
        Assert.Equal(UnparsedReason.Malformed, reading.Event.Unparsed);
        Assert.Equal("demo", reading.Event.Parser);
        Assert.Equal("1", reading.First("a"));
        Assert.Equal("two", reading.First("b"));
        Assert.Equal("a=1 b=\"two", reading.First("message"));
        Assert.Equal("demo@h", reading.SourceNow);
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
        Assert.True(Custodiet.Streaming.StreamWorker.IsEvaluable(reading.Event));
        reading.Read("<13>Mar  2 08:16:00 h a=1 b=\"two\"");
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        Assert.Empty(reading.Values("message"));
    }

    [Fact]
    public void ALineThatNobodyKnowsKeepsItsHeaderAndText()
    {
        Reading reading = ReadingOf($"id: demo\n{Head}\nbody: {{format: cef}}");
        reading.Read("<13>Mar  2 08:16:00 h app: hello");
        Assert.Equal(UnparsedReason.NotRecognised, reading.Event.Unparsed);
        Assert.Equal("hello", reading.First("message"));
        Assert.Equal("app", reading.First("syslog.app"));
        Assert.Equal("unknown@unknown", reading.SourceNow);
        Assert.False(Custodiet.Streaming.StreamWorker.IsEvaluable(reading.Event));
    }

    [Fact]
    public void JsonBehindASyslogHeaderIsReadByTheParsersOfJson()
    {
        Reading reading = new();
        reading.Read("<13>1 2026-03-02T08:16:00Z h a - - - {\"time\":1772439361,\"hostname\":\"inner\",\"x\":[1,2]}");
        Assert.Equal("generic-json", reading.Event.Parser);
        Assert.Equal(["1", "2"], reading.Values("x"));
        Assert.Equal("h", reading.First("syslog.host"));
        Assert.Equal("json@inner", reading.SourceNow);
        Assert.Equal(1_772_439_361_000_000, reading.Event.EventMicros);
        // Without a time or host of its own it has the header's.
        reading.Read("<13>1 2026-03-02T08:16:00Z h a - - - {\"x\":1}");
        Assert.Equal(("json@h", UnparsedReason.None), (reading.SourceNow, reading.Event.Unparsed));
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
        reading.Read(
            "<13>1 2026-03-02T08:16:00Z h a - - - {\"x\":" + new string('[', 100) + new string(']', 100) + "}"
        );
        Assert.Equal(UnparsedReason.TooDeep, reading.Event.Unparsed);
    }

    [Fact]
    public void TheZoneOfTheSettingHoldsWhereALineNamesNoneAndTheParserDoesNot()
    {
        Assert.True(TimeZones.TryFind("Europe/Berlin", out TimeZoneInfo? berlin));
        ParserSetLoad load = Load(
            $"id: a\n{Head}\nbody: {{format: text}}",
            $"id: z\npriority: 1\n{Head.Replace("format: syslog}", "format: syslog, zone: '+09:00'}", StringComparison.Ordinal).Replace("recognise: []", "recognise: [{path: syslog.host, equals: tokyo}]", StringComparison.Ordinal)}\nbody: {{format: text}}"
        );
        Reading reading = new(load.Set, zone: berlin);
        reading.Read("<13>Mar  2 09:16:00 h app: x");
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
        reading.Read("<13>Mar  2 17:16:00 tokyo app: x");
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
        reading.Read("<13>1 2026-03-02T08:16:00Z h app - - - x");
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
    }

    [Fact]
    public void FieldsThatFollowFromOthersAreSetByTheFirstRuleThatHolds()
    {
        Reading reading = ReadingOf(
            $$"""
            id: demo
            {{Head}}
            body: {format: key_value, prefix: front}
            set:
              - {field: action, value: drop, when: [{path: front, contains: [Drop, deny]}]}
              - {field: action, value: accept, when: [{path: front, contains: allow}]}
              - {field: action, value: unknown}
            """
        );
        reading.Read("[ACL DROP] t=1772439360 a=1");
        Assert.Equal(["drop"], reading.Values("action"));
        reading.Read("allowed: t=1772439360 a=1");
        Assert.Equal(["accept"], reading.Values("action"));
        reading.Read("t=1772439360 a=1");
        Assert.Equal(["unknown"], reading.Values("action"));
        // What the line says itself stays.
        reading.Read("drop t=1772439360 action=log");
        Assert.Equal(["log"], reading.Values("action"));
    }

    [Fact]
    public void AValueWithAFormatOfItsOwnIsReadAndStaysAsItWasWhenItIsNot()
    {
        Reading reading = ReadingOf(
            $$"""
            id: demo
            {{Head}}
            inside:
              - {path: payload, format: json, under: payload}
              - {path: pairs, format: key_value, pairs_min: 2}
              - {path: payload.url, format: uri, fields: {host: host} }
            """
        );
        reading.Read(
            """{"t":1772439360,"payload":"{\"a\":[1,{\"b\":null}],\"url\":\"http://h/x\"}","pairs":"k=v l=w"}"""
        );
        Assert.Equal("1", reading.First("payload.a"));
        Assert.Equal("(null)", reading.First("payload.a.b"));
        Assert.Equal("h", reading.First("host"));
        Assert.Equal("w", reading.First("l"));
        Assert.StartsWith("{", reading.First("payload"), StringComparison.Ordinal);
        reading.Read("""{"t":1772439360,"payload":"{\"a\":1,","pairs":"k=v"}""");
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        Assert.Equal(["t=1772439360", "payload={\"a\":1,", "pairs=k=v"], Texts(reading));
    }

    [Fact]
    public void ManyValuesInsideAValueCountAsTheEventsOwn()
    {
        Reading reading = ReadingOf($"id: demo\n{Head}\ninside: [{{path: payload, format: json}}]");
        string many = string.Join(',', Enumerable.Repeat("1", 4_095));
        reading.Read($"{{\"t\":1772439360,\"payload\":\"[{many}]\"}}");
        Assert.Equal(UnparsedReason.TooManyFields, reading.Event.Unparsed);
    }

    [Fact]
    public void ASettledTimeMayStandInSeveralFields()
    {
        Reading reading = ReadingOf(
            $"id: demo\n{Head.Replace("{path: t, format: any}", "{join: [date, time, tz]}", StringComparison.Ordinal)}\nbody: {{format: key_value}}"
        );
        reading.Read("date=2026-03-02 time=09:16:00 tz=+0100");
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
        reading.Read("date=2026-03-02 time=09:16:00");
        Assert.Equal(UnparsedReason.NoEventTime, reading.Event.Unparsed);
    }

    [Fact]
    public void ACarriedLineThatNobodyKnowsChangesNothing()
    {
        Reading with = new();
        Reading without = new(
            ParserSet
                .Load(
                    [
                        .. PipelineContent
                            .Texts("parsers")
                            .Where(text => !text.File.Contains("carried-line", StringComparison.Ordinal)),
                    ],
                    PipelineContent.Texts("logsources")
                )
                .Set
        );
        string[] events =
        [
            """{"@timestamp":"2026-03-02T08:16:00Z","host":{"name":"h"},"message":"hello a=b \"c"}""",
            """{"@timestamp":"2026-03-02T08:16:00Z","hostname":"h","log":"k=v l=w m=x","process":{"name":"p"}}""",
            """{"time":1772439360,"message":{"text":"no text"},"log":null}""",
            """{"time":1772439360,"message":"{\"a\":"}""",
        ];
        foreach (string item in events)
        {
            with.Read(item);
            without.Read(item);
            Assert.Equal("generic-json", with.Event.Parser);
            Assert.Equal(Texts(without), Texts(with));
            Assert.Equal(without.SourceNow, with.SourceNow);
            Assert.Equal(without.Event.EventMicros, with.Event.EventMicros);
        }
    }

    private static string[] Texts(Reading reading) =>
        [
            .. reading
                .Event.Fields.ToArray()
                .Select(field => $"{reading.Fields.NameOf(field.Field)}={reading.Event.TextOf(field)}"),
        ];
}
