using System.Globalization;
using Custodiet.Api;
using Custodiet.Pipeline.Framing;
using Custodiet.Records.Stores;
using Microsoft.AspNetCore.Http.Features;

namespace Custodiet.Inputs;

/// <summary>What every HTTP input of another protocol does alike: reads a body within bounds, appends events, tells a full queue's time to wait.</summary>
internal static class ProtocolRequest
{
    /// <summary>Bounds of the decoders.</summary>
    public static FramingLimits Limits(EventIntake intake) =>
        new() { EventBytes = intake.Limits.EventBytesMax, BatchBytes = intake.Limits.BatchBytesMax };

    /// <summary>Reads a body, plain or gzip. A problem is counted as a refusal of the input.</summary>
    public static async ValueTask<BodyRead> ReadAsync(
        HttpContext http,
        EventIntake intake,
        InputCounters counters,
        CancellationToken cancellation
    )
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound)
        {
            bound.MaxRequestBodySize = intake.Limits.BatchBytesMax;
        }
        RequestBodies bodies = http.RequestServices.GetRequiredService<RequestBodies>();
        BodyRead body = await bodies.ReadAsync(http.Request, intake.Limits.BatchBytesMax, cancellation);
        switch (body.Problem?.Status)
        {
            case null:
                break;
            case StatusCodes.Status429TooManyRequests:
                counters.Refuse("too many bodies at once");
                break;
            case StatusCodes.Status413PayloadTooLarge:
                Refuse(counters, "too large");
                break;
            default:
                Refuse(counters, "cannot be read");
                break;
        }
        return body;
    }

    /// <summary>Counts a body of which nothing was taken because of what it holds. Its events are not known; it counts as one.</summary>
    public static void Refuse(InputCounters counters, string reason)
    {
        counters.Receive(1);
        counters.Drop("refused body: " + reason, 1);
    }

    /// <summary>Appends events and counts what became of them; sets Retry-After when nothing was taken.</summary>
    public static async ValueTask<QueueAppend> AppendAsync(
        HttpContext http,
        EventIntake intake,
        InputCounters counters,
        EventBuffer events,
        CancellationToken cancellation
    )
    {
        QueueAppend outcome = await intake.AppendAsync(counters.Name, events, null, cancellation);
        switch (outcome)
        {
            case QueueAppend.Accepted:
                counters.Receive(events.Count);
                counters.Accept(events.Count);
                break;
            case QueueAppend.Pushback full:
                counters.Refuse("queue full");
                http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(full.RetryAfter.TotalSeconds))
                    .ToString(CultureInfo.InvariantCulture);
                break;
            default:
                counters.Refuse("disk failed");
                http.Response.Headers.RetryAfter = "5";
                break;
        }
        return outcome;
    }
}
