using Custodiet.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace Custodiet.Telemetry;

/// <summary>The log: one line a message on standard error, as text for people or as JSON for programs. docs/logs.md explains levels and messages.</summary>
internal static class Logging
{
    /// <summary>Loggers as settings want them.</summary>
    public static ILoggerFactory Create(Settings settings) =>
        LoggerFactory.Create(logging => Configure(logging, settings));

    /// <summary>Sets a logging builder up.</summary>
    public static void Configure(ILoggingBuilder logging, Settings settings)
    {
        const string timestamps = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        if (settings.Text("log.format") == "json")
        {
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = timestamps;
                console.UseUtcTimestamp = true;
                // The request's number that an answer 500 names, and the trace's.
                console.IncludeScopes = true;
            });
        }
        else if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            // The journal has its own times, and reads the level from each line's beginning.
            logging.AddSystemdConsole();
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
                console.UseUtcTimestamp = true;
            });
        }
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
        logging.Services.AddSingleton<ILoggerProvider, LogCounts>();
        logging.SetMinimumLevel(TelemetrySettings.Levels[settings.Text("log.level")]);
        LogLevel framework = (LogLevel)
            Math.Max((int)LogLevel.Warning, (int)TelemetrySettings.Levels[settings.Text("log.level")]);
        logging.AddFilter("Microsoft", framework);
        logging.AddFilter("System", framework);
        // It warns that the keys of cookies are not encrypted. The folder's mode protects them: docs/decisions/0025-keys-in-files.md.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
    }
}
