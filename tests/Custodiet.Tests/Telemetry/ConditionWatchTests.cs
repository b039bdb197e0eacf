using Custodiet.Telemetry;
using Microsoft.Extensions.Logging;

namespace Custodiet.Tests.Telemetry;

public class ConditionWatchTests
{
    [Fact]
    public void WhatBreaksIsLoggedOnceAndOnceMoreWhenItIsWell()
    {
        string? problem = null;
        CollectingLogger<ConditionWatch> log = new();
        ConditionWatch watch = new(
            [new ConditionWatch.Condition("queue", () => problem, ConditionWatchLog.QueueFails)],
            TimeProvider.System,
            log
        );
        watch.Look();
        Assert.Empty(log.Lines);
        problem = "the disk is full";
        watch.Look();
        problem = "the disk is still full";
        watch.Look();
        problem = null;
        watch.Look();
        watch.Look();
        Assert.Equal(
            [
                "Critical 8504 The queue takes nothing; senders that cannot wait lose events: the disk is full",
                "Information 8509 Well again: queue.",
            ],
            log.Lines
        );
        problem = "again";
        watch.Look();
        Assert.Equal(3, log.Lines.Count);
    }

    [Fact]
    public async Task AFlowInHealthSaysNothing()
    {
        await using ObservedHost host = await ObservedHost.StartAsync();
        IReadOnlyList<ConditionWatch.Condition> conditions = ConditionWatch.Of(host.Flow);
        Assert.All(conditions, condition => Assert.Null(condition.Problem()));
        Assert.Equal(conditions.Count, conditions.Select(c => c.Name).Distinct().Count());
    }
}

/// <summary>Keeps what is logged, a line each.</summary>
internal sealed class CollectingLogger<T> : ILogger<T>
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
}
