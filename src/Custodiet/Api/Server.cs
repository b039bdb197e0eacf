using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Inputs;
using Custodiet.People;
using Custodiet.Telemetry;
using Custodiet.Tls;
using Custodiet.Web;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Custodiet.Api;

/// <summary>The web server on a flow: pages, API, and the Unix socket for commands.</summary>
internal static class Server
{
    public static WebApplication Build(Flow flow, Settings settings, ILoggerFactory logs)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                // Names the manifest of static files, whichever program hosts the server.
                ApplicationName = typeof(Server).Assembly.GetName().Name,
                ContentRootPath = AppContext.BaseDirectory,
                EnvironmentName = Environments.Production,
            }
        );
        // The product's own settings decide, not stray ASPNETCORE_ variables of the machine.
        builder.WebHost.UseStaticWebAssets();
        builder.Logging.ClearProviders();
        Logging.Configure(builder.Logging, settings);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings, flow, logs));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = UpCommand.InputsStopTimeMax);
        flow.Register(builder.Services);
        builder.Services.AddSingleton(new RequestBodies(settings.Number("input.bodies_bytes_max")));
        builder.Services.AddSingleton(logs);
        builder.Services.AddProblemDetails();
        builder.Services.AddResponseCompression(compression => compression.EnableForHttps = true);
        builder.Services.AddOpenApi();
        builder.Services.AddCustodietPeople(AccessSettings.ToOptions(settings, flow.Folder.Keys));
        builder.Services.AddCustodietWeb();
        builder.Services.AddCustodietTelemetry(settings);
        BulkApi.AddServices(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            foreach (System.Text.Json.Serialization.JsonConverter converter in Output.Json.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });

        Forwarding.Ignore(builder.Services);

        WebApplication app = builder.Build();
        // Before the first request, so that what counts since the start does.
        app.Services.GetRequiredService<FlowMetrics>();
        app.UseExceptionHandler(errors => errors.Run(AnswerErrorAsync));
        app.UseResponseCompression();
        app.UseCustodietPeople();
        app.Use((http, next) => AwaitContentAsync(flow, http, next));
        app.Use(
            (http, next) =>
            {
                TelemetryServices.NameRequest(http);
                return next(http);
            }
        );
        HealthApi.Map(app, () => flow.IsReady);
        EventsApi.Map(app);
        // An input that was not used yet has counters of zero, and not none.
        flow.Inputs.Of(EventsApi.Input);
        if (settings.Flag("input.hec"))
        {
            HecApi.Map(app);
            flow.Inputs.Of(HecApi.Name);
        }
        if (settings.Flag("input.elasticsearch"))
        {
            BulkApi.Map(app);
            flow.Inputs.Of(BulkApi.Name);
        }
        if (settings.Flag("input.otlp"))
        {
            OtlpApi.Map(app);
            flow.Inputs.Of(OtlpApi.Name);
        }
        if (settings.Flag("input.cloudevents"))
        {
            CloudEventsApi.Map(app);
            flow.Inputs.Of(CloudEventsApi.Name);
        }
        FindingsApi.Map(app);
        QueryApi.Map(app);
        StatusApi.Map(app);
        MetricsApi.Map(app);
        LedgerApi.Map(app);
        RetentionApi.Map(app);
        AccountsApi.Map(app);
        SettingsApi.Map(app, settings);
        BackupApi.Map(app, settings.Number("queue.free_bytes_min"));
        app.MapOpenApi("/api/v1/openapi.json").RequireAuthorization(Policies.Read);
        app.MapCustodietPeople();
        app.MapCustodietWeb();
        return app;
    }

    /// <summary>Content takes seconds to load. Inputs, sign-in and what they need work at once; every other request waits for it.</summary>
    private static async Task AwaitContentAsync(Flow flow, HttpContext http, RequestDelegate next)
    {
        EndpointMetadataCollection? route = http.GetEndpoint()?.Metadata;
        bool early =
            route?.GetMetadata<IAllowAnonymous>() is not null
            || route
                ?.GetOrderedMetadata<IAuthorizeData>()
                .Any(a => a.Policy is Policies.EventsWrite or Policies.Metrics) == true;
        if (!early && !flow.Loaded.IsCompleted)
        {
            await flow.Loaded.WaitAsync(http.RequestAborted);
        }
        await next(http);
    }

    /// <summary>A bug's answer: a problem document with a number to find it in the log by, and no detail.</summary>
    private static Task AnswerErrorAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        string detail =
            $"Something in Custodiet failed, and nothing was changed by this request. The log has it under trace {http.TraceIdentifier}.";
        return http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
            ? Results.Problem(detail, statusCode: StatusCodes.Status500InternalServerError).ExecuteAsync(http)
            : http.Response.WriteAsync(detail);
    }

    /// <summary>The files of https, or null when no certificate is named.</summary>
    public static TlsFiles? TlsFilesOf(Settings settings) =>
        settings.Text("server.tls_certificate") is { Length: > 0 } certificate
            ? new TlsFiles("https", certificate, settings.Text("server.tls_key"))
            {
                Password = () => settings.Secret("server.tls_password"),
            }
            : null;

    private static void Listen(KestrelServerOptions kestrel, Settings settings, Flow flow, ILoggerFactory logs)
    {
        kestrel.AddServerHeader = false;
        TlsCertificates? certificates = null;
        foreach (
            ServerEndpoint endpoint in settings.List("urls").Select(ServerSettings.Endpoint).OfType<ServerEndpoint>()
        )
        {
            certificates ??= endpoint.IsTls ? OpenCertificates(settings, flow.Time, logs) : null;
            Action<ListenOptions> configure = endpoint.IsTls ? UseTls(certificates!) : _ => { };
            if (endpoint.Address is { } address)
            {
                kestrel.Listen(address, endpoint.Port, configure);
            }
            else
            {
                kestrel.ListenLocalhost(endpoint.Port, configure);
            }
        }
        string socket = LocalSocket.PathFor(flow.Folder.Root);
        // The folder's lock is ours, so a socket file here was left by a killed server.
        File.Delete(socket);
        kestrel.ListenUnixSocket(socket, listen => listen.UseConsolePeer());
    }

    private static TlsCertificates OpenCertificates(Settings settings, TimeProvider time, ILoggerFactory logs)
    {
        TlsFiles files = TlsFilesOf(settings)!;
        try
        {
            return TlsCertificates.Open(files, time, logs.CreateLogger<TlsCertificates>());
        }
        catch (Exception unusable) when (TlsCertificates.IsOfFiles(unusable))
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"server.tls_certificate {files.Certificate}: {unusable.Message} 'custodiet config check' says more."
            );
        }
    }

    private static Action<ListenOptions> UseTls(TlsCertificates certificates) =>
        listen =>
            listen.UseHttps(
                new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificates.Current()) }
            );
}
