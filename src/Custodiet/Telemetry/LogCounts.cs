using System.Globalization;

namespace Custodiet.Telemetry;

/// <summary>Counts log messages of level warning and above by level and event, so that errors by kind are a metric without anybody counting them.</summary>
internal sealed class LogCounts : ILoggerProvider
{
    // Events of the framework are many and none of ours; they share one label.
    private const string Other = "other";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        new Counting(categoryName.StartsWith("Custodiet", StringComparison.Ordinal));

    /// <inheritdoc/>
    public void Dispose() { }

    private sealed class Counting(bool own) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                Instruments.Logged(
                    logLevel.ToString().ToLowerInvariant(),
                    own && eventId.Id > 0 ? eventId.Id.ToString(CultureInfo.InvariantCulture) : Other
                );
            }
        }
    }
}
