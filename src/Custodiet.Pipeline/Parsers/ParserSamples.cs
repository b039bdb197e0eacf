using System.Globalization;
using System.Text;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Runs the samples that parsers carry and reports what differs.</summary>
internal static class ParserSamples
{
    public static IReadOnlyList<Problem> Check(ParserSet set)
    {
        FieldTable fields = new();
        LogSourceTable logSources = new();
        SourceTable sources = new();
        BoundParsers bound = set.Bind(fields, logSources, sources);
        EventReader reader = bound.NewReader();
        Event target = new();
        List<Problem> problems = [];
        foreach (ParserDefinition parser in set.Definitions)
        {
            foreach (ParserSample sample in parser.Samples)
            {
                reader.Read(0, sample.ReceivedMicros, Encoding.UTF8.GetBytes(sample.Event), target);
                void Expect(string what, string expected, string actual)
                {
                    if (expected != actual)
                    {
                        problems.Add(
                            new Problem(
                                ProblemLevel.Error,
                                "parser.sample",
                                $"Sample «{sample.Name}» of {parser.Id}: {what} should be «{expected}» but is «{actual}».",
                                sample.Position
                            )
                        );
                    }
                }
                string reads = sample.Parser ?? parser.Id;
                Expect("the parser", reads, target.Parser);
                Expect("unparsed", sample.Unparsed ?? "None", target.Unparsed.ToString());
                if (target.Parser != reads)
                {
                    continue;
                }
                CheckOne(sample, target, bound, sources, logSources, Expect);
                CheckFields(sample, target, fields, Expect);
            }
        }
        return problems;
    }

    private static void CheckOne(
        ParserSample sample,
        Event target,
        BoundParsers bound,
        SourceTable sources,
        LogSourceTable logSources,
        Action<string, string, string> expect
    )
    {
        if (sample.Time is { } time)
        {
            string actual = EventTime
                .FromMicros(target.EventMicros)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
            expect("the event time", time, actual);
        }
        if (sample.Source is { } source)
        {
            expect("the source", source, sources.Of(target.Source).ToString());
        }
        if (sample.Entity is { } entity)
        {
            expect("the entity", entity, bound.EntityOf(target).ToString());
        }
        if (sample.LogSources is { } expected)
        {
            expect(
                "the set of log sources",
                string.Join(", ", expected.Order(StringComparer.Ordinal)),
                string.Join(
                    ", ",
                    logSources.Of(target.LogSources).Select(item => item.ToString()).Order(StringComparer.Ordinal)
                )
            );
        }
    }

    private static void CheckFields(
        ParserSample sample,
        Event target,
        FieldTable fields,
        Action<string, string, string> expect
    )
    {
        foreach ((string name, IReadOnlyList<string> values) in sample.Fields)
        {
            expect($"field {name}", string.Join(", ", values), Values(target, fields.Find(name)));
        }
        foreach (string name in sample.Absent)
        {
            expect($"field {name}", "(absent)", Values(target, fields.Find(name)));
        }
    }

    private static string Values(Event target, int field)
    {
        List<string> texts = [];
        foreach (FieldValue value in target.Fields)
        {
            if (value.Field == field)
            {
                texts.Add(value.Kind == FieldKind.Null ? "null" : target.TextOf(value));
            }
        }
        return texts.Count == 0 ? "(absent)" : string.Join(", ", texts);
    }
}
