using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Custodiet.Telemetry;

/// <summary>Metrics, as the composition adds them.</summary>
internal static class TelemetryServices
{
    // Instruments of the runtime and the web server; both follow OpenTelemetry's conventions.
    private static readonly string[] frameworkMeters =
    [
        "System.Runtime",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.RateLimiting",
    ];

    /// <summary>Adds what <see cref="MetricsApi"/> tells.</summary>
    public static IServiceCollection AddCustodietTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<FlowMetrics>();
        services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("custodiet", serviceVersion: Flow.Version))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(Instruments.MeterName)
                    .AddMeter(frameworkMeters)
                    // Who scrapes tells targets apart by labels of its own.
                    .AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false)
            );
        return services;
    }
}
