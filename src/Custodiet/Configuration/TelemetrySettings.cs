namespace Custodiet.Configuration;

/// <summary>The settings of log and traces: what they are and what is wrong with them.</summary>
internal static class TelemetrySettings
{
    /// <summary>All of them, in the documented order.</summary>
    public static readonly IReadOnlyList<SettingDefinition> Definitions =
    [
        new("log.format", "Form of the log on standard error: text, or json for one JSON object a line.", "text"),
        new(
            "log.level",
            "The least level that is logged: debug, information, warning, error or critical.",
            "information"
        ),
        new(
            "telemetry.otlp_endpoint",
            "Address that traces are sent to over OTLP/HTTP, such as http://127.0.0.1:4318; /v1/traces is added. Empty: no traces are made, unless OTEL_EXPORTER_OTLP_ENDPOINT names one.",
            ""
        ),
        new(
            "telemetry.otlp_headers",
            "Where headers for that address are, as name=value, separated by commas: file:/path, env:NAME, credential:NAME or store:NAME. Empty: none.",
            ""
        ),
        new("telemetry.trace_percent", "Of 100 traces, how many are made. Range 0 to 100.", "10", 0, 100),
    ];

    /// <summary>Levels by their names.</summary>
    public static readonly IReadOnlyDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>(
        StringComparer.Ordinal
    )
    {
        ["debug"] = LogLevel.Debug,
        ["information"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
        ["critical"] = LogLevel.Critical,
    };

    /// <summary>What is wrong beyond ranges and flags, each with the setting that it is wrong in.</summary>
    public static IEnumerable<(string Name, string Message)> Problems(Func<string, string> value)
    {
        if (value("log.format") is not ("text" or "json") and string format)
        {
            yield return ("log.format", $"is «{format}», which is neither text nor json");
        }
        if (!Levels.ContainsKey(value("log.level")))
        {
            yield return ("log.level", $"is «{value("log.level")}», which is none of {string.Join(", ", Levels.Keys)}");
        }
        if (value("telemetry.otlp_endpoint") is { Length: > 0 } endpoint && Endpoint(endpoint) is null)
        {
            yield return (
                "telemetry.otlp_endpoint",
                "is no http or https address without user, password and query, such as http://127.0.0.1:4318"
            );
        }
        if (value("telemetry.otlp_headers") is { Length: > 0 } headers && !SecretReference.IsOne(headers))
        {
            // The value itself is not told: it may be the secret.
            yield return (
                "telemetry.otlp_headers",
                "says where the headers are, as file:/path, env:NAME, credential:NAME or store:NAME, and never the headers"
            );
        }
    }

    /// <summary>The address that traces go to: the base with the path that OTLP/HTTP gives them; null for a text that is none.</summary>
    public static Uri? Endpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.Query.Length == 0
        && address.UserInfo.Length == 0
            ? new Uri(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/v1/traces")
            : null;
}
