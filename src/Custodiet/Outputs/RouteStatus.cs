namespace Custodiet.Outputs;

/// <summary>What a route does at present.</summary>
public enum RouteCondition
{
    /// <summary>It is not running: a command looks at the folder, or the product has not come so far.</summary>
    Idle,

    /// <summary>It sends, or there is nothing to send.</summary>
    Sending,

    /// <summary>The destination is away, busy or refuses; it tries again.</summary>
    Waiting,

    /// <summary>It may not run as it is configured.</summary>
    Off,
}

/// <summary>A route's balance: received = filtered + reduced + withheld + sent + set aside + skipped + waiting, since it began.</summary>
/// <param name="Route">Its id.</param>
/// <param name="Sends">Events, findings or verdicts.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Condition">What it does.</param>
/// <param name="Problem">Why it waits or is off, or null.</param>
/// <param name="Since">Since when, or null.</param>
/// <param name="Received">Items since it began.</param>
/// <param name="Filtered">Of these, those that its filter does not select.</param>
/// <param name="Reduced">Those left out by a reduction, by reduction and technology.</param>
/// <param name="Withheld">Those about restricted cases.</param>
/// <param name="Sent">Those delivered.</param>
/// <param name="SetAside">Those that the destination refuses.</param>
/// <param name="Skipped">Those passed over.</param>
/// <param name="Waiting">Those that are not decided yet.</param>
/// <param name="WaitingSeconds">How long the oldest of them has been waiting, when that is known.</param>
/// <param name="HeldBytes">Bytes of the queue that routes keep, all together; whole segments.</param>
/// <param name="SentBytes">Bytes delivered, uncompressed.</param>
/// <param name="ReducedBytes">Bytes that reductions took.</param>
/// <param name="Retries">Deliveries tried again.</param>
/// <param name="SetAsideFile">Where refused items are.</param>
public sealed record RouteStatus(
    string Route,
    string Sends,
    string Destination,
    RouteCondition Condition,
    string? Problem,
    DateTimeOffset? Since,
    long Received,
    long Filtered,
    IReadOnlyDictionary<string, long> Reduced,
    long Withheld,
    long Sent,
    long SetAside,
    long Skipped,
    long Waiting,
    double? WaitingSeconds,
    long HeldBytes,
    long SentBytes,
    long ReducedBytes,
    long Retries,
    string SetAsideFile
)
{
    /// <summary>Whether every item is in exactly one place.</summary>
    public bool Balances =>
        Waiting >= 0 && Received == Filtered + Reduced.Values.Sum() + Withheld + Sent + SetAside + Skipped + Waiting;
}
