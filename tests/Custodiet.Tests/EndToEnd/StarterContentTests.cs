using Custodiet.Analytics;
using Custodiet.Cli;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Sample;

namespace Custodiet.Tests.EndToEnd;

/// <summary>The starter content is in order, and the sample company exercises every starter rule as its truth says.</summary>
public class StarterContentTests
{
    private static readonly DateTimeOffset anchor = new(2026, 11, 24, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TheStarterContentHasNoProblems()
    {
        ContentReport report = ContentCommand.Check([TestPaths.Content]);
        Assert.True(report.Problems.Count == 0, string.Join('\n', report.Problems));
        Assert.True(
            report.Parsers >= 6 && report.Samples >= 2 * report.Parsers,
            $"{report.Parsers} parsers, {report.Samples} samples"
        );
        Assert.Equal(4, report.Mappings);
        Assert.Equal(1, report.Processes);
    }

    [Fact]
    public void TheSampleIsTheSameInWhateverPiecesItIsAskedFor()
    {
        SampleCompany company = new();
        DateTimeOffset from = anchor.AddHours(-3);
        string[] whole = [.. company.Between(from, anchor, anchor).Select(e => e.Json)];
        List<string> pieces = [];
        for (DateTimeOffset at = from; at < anchor; at = at.AddSeconds(37))
        {
            DateTimeOffset until = at.AddSeconds(37) < anchor ? at.AddSeconds(37) : anchor;
            pieces.AddRange(company.Between(at, until, anchor).Select(e => e.Json));
        }
        Assert.Equal(whole, pieces);
    }

    [Fact]
    public void WhatWasDoneToTheSampleCompanyIsFoundAndNothingElse()
    {
        LoadedContent content = LoadedContent.Read([TestPaths.Content], []);
        FieldTable fields = new();
        LogSourceTable logSources = new();
        SourceTable sources = new();
        RuleSet rules = RuleSet.Compile(content.Rules.Rules, fields, logSources);
        BoundParsers parsers = content.Parsers.Bind(fields, logSources, sources);
        EventReader reader = parsers.NewReader();
        Evaluator evaluator = rules.NewEvaluator();
        Event current = new();
        List<int> matches = [];
        HashSet<(string Rule, string Entity)> found = [];
        SampleCompany company = new();
        int events = 0;
        foreach (SampleEvent item in company.Between(anchor.AddDays(-6), anchor, anchor))
        {
            reader.Read(events++, 0, System.Text.Encoding.UTF8.GetBytes(item.Json), current);
            Assert.True(current.Unparsed == UnparsedReason.None, $"{current.Unparsed}: {item.Json}");
            Assert.Equal(item.At.ToUnixTimeSeconds(), EventTime.FromMicros(current.EventMicros).ToUnixTimeSeconds());
            matches.Clear();
            evaluator.Evaluate(current, matches);
            Entity entity = parsers.EntityOf(current);
            found.UnionWith(matches.Select(m => (rules.Rules[m].Id, entity.Name)));
        }
        IReadOnlyList<SampleTruth> truth = company.Truth(anchor);
        string[] expected =
        [
            .. truth
                .Select(t => $"{t.Rule} {t.Entity}")
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Order(StringComparer.OrdinalIgnoreCase),
        ];
        string[] actual = [.. found.Select(f => $"{f.Rule} {f.Entity}").Order(StringComparer.OrdinalIgnoreCase)];
        Assert.Equal(expected, actual, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(content.Rules.Rules.Select(r => r.Id).Order(), truth.Select(t => t.Rule).Distinct().Order());
        Assert.True(events > 10_000, $"{events} events");
    }
}
