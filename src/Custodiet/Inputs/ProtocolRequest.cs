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
        if (OverQuota(http, intake, counters) is { } over)
        {
            return new BodyRead(default, (StatusCodes.Status429TooManyRequests, over));
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

    /// <summary>How long a sender that has used up its quota must wait; counted as a refusal, and said in Retry-After. Null: it may send.</summary>
    public static string? OverQuota(HttpContext http, EventIntake intake, InputCounters counters)
    {
        TimeSpan owes = SenderOf(http, intake, counters).Owes();
        if (owes == TimeSpan.Zero)
        {
            return null;
        }
        counters.Refuse("over quota");
        http.Response.Headers.RetryAfter = Seconds(owes);
        return "The sender has used up its quota (senders in the content's folder «sources»); nothing was taken.";
    }

    /// <summary>Takes what was accepted out of the sender's quota.</summary>
    public static void Charge(HttpContext http, EventIntake intake, InputCounters counters, int events, long bytes) =>
        SenderOf(http, intake, counters).Charge(events, bytes);

    private static Sender SenderOf(HttpContext http, EventIntake intake, InputCounters counters) =>
        intake.Senders.Of(counters.Name, http.Connection.RemoteIpAddress);

    private static string Seconds(TimeSpan wait) =>
        Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

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
                Charge(http, intake, counters, events.Count, events.Bytes.Length);
                break;
            case QueueAppend.Pushback full:
                counters.Refuse("queue full");
                http.Response.Headers.RetryAfter = Seconds(full.RetryAfter);
                break;
            default:
                counters.Refuse("disk failed");
                http.Response.Headers.RetryAfter = "5";
                break;
        }
        return outcome;
    }
}
