using System.Net;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Inputs;
using Custodiet.People;
using Custodiet.Web;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Custodiet.Api;

/// <summary>The web server on a flow: pages, API, and the Unix socket for commands.</summary>
internal static class Server
{
    /// <summary>Logs on standard error, one line each.</summary>
    public static ILoggerFactory CreateLogging() => LoggerFactory.Create(Configure);

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
        Configure(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings, flow));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        flow.Register(builder.Services);
        builder.Services.AddSingleton(new RequestBodies(settings.Number("input.bodies_bytes_max")));
        builder.Services.AddSingleton(logs);
        builder.Services.AddProblemDetails();
        builder.Services.AddResponseCompression(compression => compression.EnableForHttps = true);
        builder.Services.AddOpenApi();
        builder.Services.AddCustodietPeople(AccessSettings.ToOptions(settings, flow.Folder.Keys));
        builder.Services.AddCustodietWeb();
        BulkApi.AddServices(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            foreach (System.Text.Json.Serialization.JsonConverter converter in Output.Json.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });

        WebApplication app = builder.Build();
        app.UseExceptionHandler(errors => errors.Run(AnswerErrorAsync));
        app.UseResponseCompression();
        app.UseCustodietPeople();
        app.Use((http, next) => AwaitContentAsync(flow, http, next));
        HealthApi.Map(app, () => flow.IsReady);
        EventsApi.Map(app);
        if (settings.Flag("input.hec"))
        {
            HecApi.Map(app);
        }
        if (settings.Flag("input.elasticsearch"))
        {
            BulkApi.Map(app);
        }
        if (settings.Flag("input.otlp"))
        {
            OtlpApi.Map(app);
        }
        if (settings.Flag("input.cloudevents"))
        {
            CloudEventsApi.Map(app);
        }
        FindingsApi.Map(app);
        QueryApi.Map(app);
        StatusApi.Map(app);
        LedgerApi.Map(app);
        RetentionApi.Map(app);
        AccountsApi.Map(app);
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
            || route?.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy == Policies.EventsWrite) == true;
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

    private static void Listen(KestrelServerOptions kestrel, Settings settings, Flow flow)
    {
        kestrel.AddServerHeader = false;
        foreach (
            string url in settings
                .Text("urls")
                .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttp)
            {
                throw new CommandException(
                    ExitCode.Usage,
                    $"«{url}» is not an http address such as http://127.0.0.1:8087. For TLS, put a proxy in front."
                );
            }
            if (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
            {
                kestrel.Listen(ip, address.Port);
            }
            else if (address.Host is "localhost")
            {
                kestrel.ListenLocalhost(address.Port);
            }
            else
            {
                throw new CommandException(ExitCode.Usage, $"«{address.Host}» is not an IP address or localhost.");
            }
        }
        string socket = LocalSocket.PathFor(flow.Folder.Root);
        // The folder's lock is ours, so a socket file here was left by a killed server.
        File.Delete(socket);
        kestrel.ListenUnixSocket(socket, listen => listen.UseConsolePeer());
    }

    private static void Configure(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }
}
