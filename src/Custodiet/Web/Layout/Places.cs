namespace Custodiet.Web.Layout;

/// <summary>A page that the frame leads to.</summary>
/// <param name="Name">For scripts and tests.</param>
/// <param name="Title">As shown.</param>
/// <param name="Path">Its address.</param>
/// <param name="Key">After <c>g</c>.</param>
internal sealed record Place(string Name, string Title, string Path, char Key)
{
    /// <summary>Whether an address lies in this place.</summary>
    public bool Holds(string path) =>
        Path == "/"
            ? path == "/"
            : path == Path
                || path.StartsWith(Path + "/", StringComparison.Ordinal)
                || (Name == "queue" && path.StartsWith("/alerts", StringComparison.Ordinal));
}

/// <summary>All of them, in order.</summary>
internal static class Places
{
    public static readonly IReadOnlyList<Place> All =
    [
        new("home", "Home", "/", 'h'),
        new("queue", "Queue", "/queue", 'q'),
        new("cases", "Cases", "/cases", 'c'),
        new("sources", "Sources", "/sources", 's'),
        new("analytics", "Analytics", "/analytics", 'a'),
        new("data", "Data", "/data", 'd'),
        new("ledger", "Ledger", "/ledger", 'l'),
        new("balance", "Balance", "/balance", 'b'),
        new("storage", "Storage", "/storage", 't'),
    ];
}
