using Custodiet.Records.Events;
using Custodiet.Tests.Archive;
using Custodiet.Web.Data;
using Microsoft.AspNetCore.WebUtilities;

namespace Custodiet.Tests.Web;

/// <summary>What a click on a value asks: an address, a query, and the rows that it finds.</summary>
public class ValueSearchTests
{
    private const string Hostile = "'); DROP TABLE events; -- \"\\%_[";

    [Fact]
    public void ASearchIsWhatItsAddressSays()
    {
        ValueSearch search = new()
        {
            Findings = true,
            Conditions =
            [
                new("rule_id", "r&1"),
                new("fields.Command Line=x", Hostile),
                new("fields.User", "CORP\\ada", Not: true),
                new("fields.User", "CORP\\ben", Not: true),
            ],
            By = "fields.Image",
        };
        ValueSearch read = Parse(search.QueryString)!;
        Assert.Equal(search.Conditions, read.Conditions);
        Assert.Equal((search.Findings, search.By, search.Url), (read.Findings, read.By, read.Url));
    }

    [Theory]
    [InlineData("")]
    [InlineData("is.fields.Image=x")]
    [InlineData("sql=SELECT+1")]
    public void AnAddressWithoutASearchHasNone(string address) => Assert.Null(Parse(address));

    [Fact]
    public void WhatNoRowCanHaveIsLeftOut()
    {
        Assert.Empty(Parse("in=events&is.rule_id=r&is.raw=x&is.fields.=x&is.1;--=x&by=entity_name")!.Conditions);
        Assert.Null(Parse("in=events&by=entity_name")!.By);
        string many = string.Concat(Enumerable.Range(0, 50).Select(i => $"&is.fields.f{i}=x"));
        Assert.Equal(ValueSearch.ConditionsMax, Parse("in=events" + many)!.Conditions.Count);
        Assert.Null(ValueSearch.EventsWith("entity_name", "WS-1"));
    }

    [Fact]
    public async Task FindingsAreIncludedExcludedAndCounted()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise("rule-a", "ws-1");
        fixture.Raise("rule-a", "ws-2");
        fixture.Raise("rule-b", "ws-1");

        Assert.Equal(["ws-2", "ws-1"], await AskAsync("is.rule_id=rule-a", "entity_name"));
        Assert.Equal(["ws-1"], await AskAsync("is.rule_id=rule-a&is.fields.Image=secret-1", "entity_name"));
        Assert.Equal(["ws-2"], await AskAsync("is.rule_id=rule-a&not.fields.Image=secret-1", "entity_name"));
        Assert.Equal(["3", "2", "1"], await AskAsync("is.fields.User=u", "alert"));
        // A finding that lacks the field does not have the value.
        Assert.Equal(["3", "2", "1"], await AskAsync("not.fields.Absent=u", "alert"));
        Assert.Equal(["ws-1 2", "ws-2 1"], await AskAsync("by=entity_name", "value || ' ' || findings"));
        Assert.Equal(["u 2"], await AskAsync("is.rule_id=rule-a&by=fields.User", "value || ' ' || findings"));

        Task<string[]> AskAsync(string address, string column) =>
            fixture.RowsAsync($"SELECT {column} FROM ({Parse("in=findings&" + address)!.Sql})");
    }

    [Fact]
    public async Task EventsAreFoundByAnyOfAFieldsValuesAndHostileTextIsOnlyText()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        string[][] values =
        [
            ["a", Hostile],
            ["a"],
            ["[a"],
            [Hostile],
            [""],
        ];
        List<Event> events = [];
        foreach (string[] several in values)
        {
            Event item = fixture.Files.Event(events.Count);
            foreach (string value in several)
            {
                fixture.Files.Add(item, "Ta'g", value);
            }
            events.Add(item);
        }
        await ArchiveFixture.AppendAsync(fixture.Archive, [.. events]);
        await fixture.Archive.FlushAsync(ArchiveFixture.Cancellation);

        Assert.Equal(["1", "0"], await OffsetsAsync("a"));
        Assert.Equal(["3", "0"], await OffsetsAsync(Hostile));
        Assert.Equal(["2"], await OffsetsAsync("[a"));
        Assert.Equal(["4"], await OffsetsAsync(""));
        Assert.Empty(await OffsetsAsync("A"));
        ValueSearch without = new() { Conditions = [new("fields.Ta'g", "a", Not: true), new("sensor", "WS-0")] };
        Assert.Equal(["3"], await fixture.RowsAsync($"SELECT event_offset FROM ({without.Sql})"));

        Task<string[]> OffsetsAsync(string value) =>
            fixture.RowsAsync($"SELECT event_offset FROM ({ValueSearch.EventsWith("fields.Ta'g", value)!.Sql})");
    }

    private static ValueSearch? Parse(string query) => ValueSearch.From(QueryHelpers.ParseQuery(query));
}
