using System.Net.ServerSentEvents;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Tests.Embedded.Records;
using Custodiet.Web.Queue;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Web;

/// <summary>What an open queue page is told about alerts that were raised since it was made.</summary>
public sealed class QueueLiveTests : IAsyncLifetime
{
    private readonly RecordFolder folder = new();
    private readonly FakeTimeProvider time = new(Scene.Start);
    private OpenedStore store = null!;
    private Scene scene = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        store = await folder.OpenAsync(Scene.Sealer(), time);
        scene = new Scene(store.Records);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task WhoConnectsAgainIsToldWhatTheyMissedAndNothingTwice()
    {
        await scene.RaiseAsync();
        await scene.RaiseAsync();
        await using (Page page = Open(since: 2))
        {
            Assert.Equal("0", await page.NextAsync());
            await scene.RaiseAsync();
            Assert.Equal("1", await page.NextAsync());
        }
        await scene.RaiseAsync();
        await using (Page again = Open(since: 2))
        {
            Assert.Equal("2", await again.NextAsync());
            Assert.Equal("2", again.Id);
            await scene.RaiseAsync();
            Assert.Equal("3", await again.NextAsync());
        }
        await using Page later = Open(since: 2);
        Assert.Equal("3", await later.NextAsync());
    }

    [Fact]
    public async Task ACommitThatChangesNoCountSaysNothing()
    {
        await using Page page = Open(since: 0);
        Assert.Equal("0", await page.NextAsync());
        AlertId alert = await scene.RaiseAsync();
        Assert.Equal("1", await page.NextAsync());
        await scene.ExtendAsync(alert, scene.Finding());
        Task<string?> next = page.NextAsync();
        await scene.RaiseAsync();
        Assert.Equal("2", await next);
    }

    [Fact]
    public async Task WhatSomebodyElseHasJudgedMeanwhileIsNotNewAnyMore()
    {
        await using Page page = Open(since: 0);
        Assert.Equal("0", await page.NextAsync());
        AlertId alert = await scene.RaiseAsync();
        Assert.Equal("1", await page.NextAsync());
        await scene.JudgeAsync(Scene.Benign, null, [alert]);
        Assert.Equal("0", await page.NextAsync());
    }

    [Fact]
    public async Task ARestrictedCaseIsNotCountedForOthers()
    {
        AlertId alert = await scene.RaiseAsync();
        CaseId theCase = await scene.OpenAsync(Scene.Ann, alert);
        await scene.AppendedAsync(
            Scene.Draft(new Records.Ledger.CaseRestricted(theCase, [Scene.Ann]), $"case/{theCase}")
        );
        await using Page ann = Open(since: 0, viewer: Scene.Sees(Scene.Ann));
        await using Page bob = Open(since: 0, viewer: Scene.Sees(Scene.Bob));
        Assert.Equal("1", await ann.NextAsync());
        Assert.Equal("0", await bob.NextAsync());
    }

    [Fact]
    public async Task TheStreamEndsWhenTheServiceStops()
    {
        using CancellationTokenSource stopping = new();
        await using Page page = Open(since: 0, stopping: stopping);
        Assert.Equal("0", await page.NextAsync());
        Task<string?> next = page.NextAsync();
        await stopping.CancelAsync();
        Assert.Null(await next);
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("severity=high", "1")]
    [InlineData("severity=critical", "0")]
    [InlineData("entity=WS-*", "1")]
    [InlineData("entity=WS-", "0")]
    [InlineData("entity=ws-(1", "1")]
    [InlineData("technology=*sysmon", "1")]
    [InlineData("title=REG", "1")]
    [InlineData("rule=other", "0")]
    [InlineData("state=judged", "0")]
    [InlineData("assignee=me", "0")]
    [InlineData("assignee=none", "1")]
    public async Task OnlyAlertsThatTheViewWouldShowAreAnnounced(string address, string told)
    {
        await scene.RaiseAsync(scene.Finding("r-1", "ws-(1", Severity.High, title: "Reg.exe tampers"));
        await using Page page = Open(since: 0, address: address);
        Assert.Equal(told, await page.NextAsync());
    }

    private Page Open(long since, string address = "", Viewer? viewer = null, CancellationTokenSource? stopping = null)
    {
        viewer ??= Scene.Sees(Scene.Ann);
        AlertFilter filter = QueueQuery.Parse(address).ToFilter(viewer.Actor) with { RaisedAfter = since };
        QueueLive live = new(store.Records, store.Judgements, time);
        return new Page(
            live.CountAsync(filter, viewer, stopping?.Token ?? default, Stop).GetAsyncEnumerator(Stop),
            time
        );
    }

    /// <summary>An open page; its clock goes on while it waits.</summary>
    private sealed class Page(IAsyncEnumerator<SseItem<string>> messages, FakeTimeProvider time) : IAsyncDisposable
    {
        public string? Id => messages.Current.EventId;

        /// <summary>The next message, or null at the end.</summary>
        public async Task<string?> NextAsync()
        {
            Task<bool> next = messages.MoveNextAsync().AsTask();
            while (!next.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
            return await next ? messages.Current.Data : null;
        }

        public ValueTask DisposeAsync() => messages.DisposeAsync();
    }
}
