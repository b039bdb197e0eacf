using System.Diagnostics;
using Custodiet.Configuration;
using Custodiet.Records;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Custodiet.Telemetry;

/// <summary>Metrics and traces, as the composition adds them.</summary>
internal static class TelemetryServices
{
    // The web server's spans: the request that a batch or an act came with.
    private const string RequestSource = "Microsoft.AspNetCore";

    // Series of one instrument at most; the library makes room for all of them at once, two thousand where nothing is said. More share a series
    // with the label otel_metric_overflow. Only what has a reason for a label comes near it.
    private const int SeriesUsual = 300;
    private const int SeriesMax = 1_000;

    private static readonly string[] manyReasons =
    [
        "custodiet.stage.dropped",
        "custodiet.input.events.rejected",
        "custodiet.input.events.shed",
        "custodiet.input.refusals",
    ];

    // Instruments of the runtime and the web server; both follow OpenTelemetry's conventions.
    private static readonly string[] frameworkMeters =
    [
        "System.Runtime",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.RateLimiting",
    ];

    /// <summary>Adds what <see cref="MetricsApi"/> tells, and traces where something names a receiver.</summary>
    public static IServiceCollection AddCustodietTelemetry(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton<FlowMetrics>();
        OpenTelemetryBuilder telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("custodiet", serviceVersion: Flow.Version))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(Instruments.MeterName)
                    .AddMeter(frameworkMeters)
                    .AddView(instrument => new MetricStreamConfiguration
                    {
                        CardinalityLimit = manyReasons.Contains(instrument.Name) ? SeriesMax : SeriesUsual,
                    })
                    // Who scrapes tells targets apart by labels of its own.
                    .AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false)
            );
        if (HasReceiver(settings))
        {
            telemetry.WithTracing(traces => Trace(traces, settings));
        }
        return services;
    }

    /// <summary>Tells the span of a request its route; the web server tells its metrics alone.</summary>
    public static void NameRequest(HttpContext http)
    {
        if (
            http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } request
            && http.GetEndpoint() is RouteEndpoint endpoint
        )
        {
            request.SetTag("http.route", endpoint.RoutePattern.RawText);
        }
    }

    private static bool HasReceiver(Settings settings) =>
        settings.Text("telemetry.otlp_endpoint").Length > 0 || Variable("ENDPOINT") || Variable("TRACES_ENDPOINT");

    private static void Trace(TracerProviderBuilder traces, Settings settings)
    {
        // The web server then puts method, route and status into its spans itself; no package is needed for that.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        TraceIdRatioBasedSampler share = new(settings.Number("telemetry.trace_percent") / 100.0);
        traces
            .AddSource(Tracing.SourceName, RequestSource)
            // Whoever sends a request may ask not to be traced, but not to be traced more often than the setting says.
            .SetSampler(new ParentBasedSampler(share, remoteParentSampled: share))
            .AddProcessor(new RequestSpans())
            .AddOtlpExporter(otlp =>
            {
                if (!Variable("PROTOCOL") && !Variable("TRACES_PROTOCOL"))
                {
                    otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
                }
                if (settings.Text("telemetry.otlp_endpoint") is { Length: > 0 } endpoint)
                {
                    otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
                    otlp.Endpoint = TelemetrySettings.Endpoint(endpoint)!;
                }
                if (settings.Secret("telemetry.otlp_headers") is { } headers)
                {
                    otlp.Headers = headers;
                }
            });
    }

    private static bool Variable(string ending) =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_" + ending) is { Length: > 0 };

    /// <summary>Names spans of requests by method and route, and takes out what people and programs typed into addresses: a query may hold what an event holds.</summary>
    private sealed class RequestSpans : BaseProcessor<Activity>
    {
        private static readonly string[] tags =
        [
            "url.query",
            "url.full",
            "http.target",
            "http.url",
            "user_agent.original",
        ];

        public override void OnEnd(Activity data)
        {
            if (data.Source.Name != RequestSource)
            {
                return;
            }
            if (data.GetTagItem("http.request.method") is string method)
            {
                data.DisplayName = data.GetTagItem("http.route") is string route ? $"{method} {route}" : method;
            }
            foreach (string tag in tags)
            {
                data.SetTag(tag, null);
            }
        }
    }
}
