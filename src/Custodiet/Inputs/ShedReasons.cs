using Custodiet.Records.Events;

namespace Custodiet.Inputs;

/// <summary>
/// The reasons under which events are dropped that were in order and came too fast for a sender that cannot wait. Everything else that an
/// input drops is rejected because of what it is.
/// </summary>
internal static class ShedReasons
{
    /// <summary>The sender sends more than it may.</summary>
    public const string OverQuota = "over quota";

    /// <summary>The kernel's buffer was full before they could be read.</summary>
    public const string KernelBuffer = "receive buffer of the kernel full";

    /// <summary>The queue took nothing until the product had to stop.</summary>
    public const string AtTheStop = "queue full at the stop";

    private static readonly string[] queueFull =
    [
        .. Enum.GetValues<Criticality>().Select(c => $"queue full ({c.ToString().ToLowerInvariant()})"),
    ];

    private static readonly HashSet<string> all = new(
        [OverQuota, KernelBuffer, AtTheStop, .. queueFull],
        StringComparer.Ordinal
    );

    /// <summary>Too much waits for the queue, and others are at least as critical.</summary>
    public static string QueueFull(Criticality criticality) => queueFull[(int)criticality];

    /// <summary>Whether a reason is one of these; as an input counts it, or as the stage of all inputs does, which puts the input before it.</summary>
    public static bool Has(string reason) =>
        all.Contains(reason)
        || (reason.IndexOf(": ", StringComparison.Ordinal) is > 0 and int at && all.Contains(reason[(at + 2)..]));
}
