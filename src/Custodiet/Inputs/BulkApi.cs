using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.People;
using Custodiet.Pipeline.Bulk;
using Custodiet.Pipeline.Framing;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary>
/// Elasticsearch's bulk API at its own paths, and as much around it as shippers ask for before they send: the root with its product
/// header, and health. Documents in, nothing else: there is no index, no search and no template behind it. Every item is answered; one that
/// is answered with 201 is on disk.
/// </summary>
internal static class BulkApi
{
    /// <summary>The input.</summary>
    public const string Name = "elasticsearch";

    // What shippers ask for was found by running them: see tests/clients and EndToEnd/Senders.

    /// <summary>The version that clients are told. They check that it is not older than themselves.</summary>
    private const string Version = "9.0.0";

    private static readonly TimeSpan pushbackDelay = TimeSpan.FromSeconds(1);

    private static readonly ProtocolRoute protocol = new(TokenForms.Basic | TokenForms.ApiKey, RefuseAsync);

    /// <summary>What routing needs to tell Elasticsearch's clients from browsers.</summary>
    public static void AddServices(IServiceCollection services) =>
        services.AddSingleton<MatcherPolicy, ElasticClientMatcher>();

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in (string[])["/_bulk", "/{index}/_bulk", "/{index}/{type}/_bulk"])
        {
            Protect(routes.MapMethods(path, [HttpMethods.Post, HttpMethods.Put], BulkAsync));
        }
        Protect(routes.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], Root))
            .WithMetadata(new ElasticClientsOnly())
            // Before the start page, which has the same address.
            .Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = -1);
        Protect(routes.MapMethods("/_cluster/health", [HttpMethods.Get, HttpMethods.Head], Health));
        Protect(routes.MapMethods("/_cat/health", [HttpMethods.Get, HttpMethods.Head], Health));
        Protect(routes.MapGet("/_license", (Delegate)License));
        foreach (string path in (string[])["/_refresh", "/{index}/_refresh"])
        {
            Protect(routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Post], (Delegate)Refresh));
        }
    }

    private static RouteHandlerBuilder Protect(RouteHandlerBuilder route) =>
        route.RequireAuthorization(Policies.EventsWrite).WithMetadata(protocol).ExcludeFromDescription();

    private static async Task BulkAsync(
        HttpContext http,
        EventIntake intake,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        long started = time.GetTimestamp();
        InputCounters counters = intake.CountersOf(Name);
        using BodyRead body = await ProtocolRequest.ReadAsync(http, intake, counters, cancellation);
        if (body.Problem is { } unreadable)
        {
            bool busy = unreadable.Status == StatusCodes.Status429TooManyRequests;
            if (!busy || await MayAnswerPushbackAsync(http, time, cancellation))
            {
                string type = busy ? "es_rejected_execution_exception" : "parse_exception";
                await ErrorAsync(http, unreadable.Status, type, unreadable.Reason);
            }
            return;
        }
        using EventBuffer events = new();
        List<BulkItem> items = [];
        string? index = http.Request.RouteValues["index"] as string;
        if (BulkDecoder.Decode(body.Bytes, index, ProtocolRequest.Limits(intake), items, events) is { } problem)
        {
            ProtocolRequest.Refuse(counters, problem.IsSize ? "too large" : "malformed action");
            int status = problem.IsSize ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest;
            await ErrorAsync(http, status, "illegal_argument_exception", problem.Reason);
            return;
        }
        long first = 0;
        string? refusal = null;
        if (events.Count > 0)
        {
            switch (await ProtocolRequest.AppendAsync(http, intake, counters, events, cancellation))
            {
                case QueueAppend.Accepted accepted:
                    first = accepted.FirstOffset;
                    break;
                case QueueAppend.Pushback full:
                    refusal = full.Reason;
                    break;
                case QueueAppend.Failed failed:
                    refusal = failed.Reason;
                    break;
                default:
                    throw new InvalidOperationException("The queue gave an outcome that is not known here.");
            }
        }
        if (refusal is not null)
        {
            if (!await MayAnswerPushbackAsync(http, time, cancellation))
            {
                return;
            }
            // Item by item, as Elasticsearch itself rejects under load.
            BulkRejection later = new(429, "es_rejected_execution_exception", refusal, "");
            items = [.. items.Select(i => i.Rejection is null ? i with { Rejection = later } : i)];
        }
        foreach (
            IGrouping<string, BulkItem> group in items
                .Where(i => i.Rejection is { Counted.Length: > 0 })
                .GroupBy(i => i.Rejection!.Counted)
        )
        {
            counters.Receive(group.Count());
            counters.Drop(group.Key, group.Count());
        }
        long milliseconds = (long)time.GetElapsedTime(started).TotalMilliseconds;
        await WriteAsync(http, 200, writer => WriteItems(writer, items, first, milliseconds));
    }

    /// <summary>Slows a client that repeats at once to a request a second; false: the connection was ended without an answer.</summary>
    private static async Task<bool> MayAnswerPushbackAsync(
        HttpContext http,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        await Task.Delay(pushbackDelay, time, cancellation);
        if (http.Request.Headers.UserAgent.Count > 0)
        {
            return true;
        }
        // rsyslog's omelasticsearch, the one client that says no name, takes every answer for final and throws the batch away; a
        // connection that ends without an answer it repeats.
        http.Abort();
        return false;
    }

    private static void WriteItems(Utf8JsonWriter writer, List<BulkItem> items, long offset, long milliseconds)
    {
        writer.WriteStartObject();
        writer.WriteNumber("took", milliseconds);
        writer.WriteBoolean("errors", items.Exists(i => i.Rejection is not null));
        writer.WriteStartArray("items");
        foreach (BulkItem item in items)
        {
            writer.WriteStartObject();
            writer.WriteStartObject(item.Action);
            Raw(writer, "_index", item.Index, "");
            Raw(writer, "_id", item.Id, item.Rejection is null ? offset.ToString(CultureInfo.InvariantCulture) : null);
            if (item.Rejection is { } rejection)
            {
                writer.WriteNumber("status", rejection.Status);
                WriteError(writer, rejection.Type, rejection.Reason);
            }
            else
            {
                writer.WriteNumber("_version", 1);
                writer.WriteString("result", "created");
                WriteShards(writer);
                writer.WriteNumber("_seq_no", offset++);
                writer.WriteNumber("_primary_term", 1);
                writer.WriteNumber("status", 201);
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Raw(Utf8JsonWriter writer, string name, ReadOnlyMemory<byte> value, string? otherwise)
    {
        writer.WritePropertyName(name);
        if (!value.IsEmpty)
        {
            writer.WriteRawValue(value.Span, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(otherwise);
        }
    }

    private static Task Root(HttpContext http, Flow flow) =>
        WriteAsync(
            http,
            200,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("name", "custodiet");
                writer.WriteString("cluster_name", "custodiet");
                writer.WriteString("cluster_uuid", "custodiet");
                writer.WriteStartObject("version");
                writer.WriteString("number", Version);
                writer.WriteString("build_flavor", "default");
                writer.WriteString("build_type", "custodiet " + Flow.Version);
                writer.WriteBoolean("build_snapshot", false);
                writer.WriteString("minimum_wire_compatibility_version", "8.18.0");
                writer.WriteString("minimum_index_compatibility_version", "8.0.0");
                writer.WriteEndObject();
                writer.WriteString("tagline", "Custodiet takes _bulk; it has no search.");
                writer.WriteEndObject();
            }
        );

    private static Task Health(HttpContext http, EventIntake intake) =>
        WriteAsync(
            http,
            200,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("cluster_name", "custodiet");
                writer.WriteString("status", intake.Failure is null ? "green" : "red");
                writer.WriteBoolean("timed_out", false);
                writer.WriteNumber("number_of_nodes", 1);
                writer.WriteNumber("number_of_data_nodes", 1);
                writer.WriteEndObject();
            }
        );

    private static Task License(HttpContext http) =>
        WriteAsync(
            http,
            200,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartObject("license");
                writer.WriteString("status", "active");
                writer.WriteString("uid", "custodiet");
                writer.WriteString("type", "basic");
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
        );

    // Nothing to do: what was answered with 201 is on disk and will be seen by queries.
    private static Task Refresh(HttpContext http) =>
        WriteAsync(
            http,
            200,
            writer =>
            {
                writer.WriteStartObject();
                WriteShards(writer);
                writer.WriteEndObject();
            }
        );

    private static void WriteShards(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("_shards");
        writer.WriteNumber("total", 1);
        writer.WriteNumber("successful", 1);
        writer.WriteNumber("failed", 0);
        writer.WriteEndObject();
    }

    private static Task RefuseAsync(HttpContext http, int status)
    {
        if (status == StatusCodes.Status401Unauthorized)
        {
            // No challenge «Basic»: a browser would ask its user for a name and send the password on from then on.
            http.Response.Headers.WWWAuthenticate = "ApiKey";
        }
        return ErrorAsync(
            http,
            status,
            "security_exception",
            "Send a token with the scope events:write as API key, bearer token or password of Basic authentication."
        );
    }

    private static Task ErrorAsync(HttpContext http, int status, string type, string reason) =>
        WriteAsync(
            http,
            status,
            writer =>
            {
                writer.WriteStartObject();
                WriteError(writer, type, reason);
                writer.WriteNumber("status", status);
                writer.WriteEndObject();
            }
        );

    private static void WriteError(Utf8JsonWriter writer, string type, string reason)
    {
        writer.WriteStartObject("error");
        writer.WriteString("type", type);
        writer.WriteString("reason", reason);
        writer.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> text = new();
        await using (Utf8JsonWriter writer = new(text))
        {
            write(writer);
        }
        http.Response.StatusCode = status;
        // Clients of version 8 and later ask for their own media type, and take the answer for somebody else's without the header.
        string accept = http.Request.Headers.Accept.ToString();
        http.Response.ContentType = accept.StartsWith("application/vnd.elasticsearch+json", StringComparison.Ordinal)
            ? accept.Split(',')[0]
            : "application/json";
        http.Response.Headers["X-Elastic-Product"] = "Elasticsearch";
        http.Response.ContentLength = text.WrittenCount;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(text.WrittenMemory, http.RequestAborted);
        }
    }
}
