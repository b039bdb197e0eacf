namespace Custodiet.People.Provider;

/// <summary>What a person is told when the way through the provider ends before the door.</summary>
/// <param name="Status">The answer's HTTP status.</param>
/// <param name="Title">What happened.</param>
/// <param name="Detail">Why, and what to do.</param>
/// <param name="Facts">Names and values that help whoever is asked.</param>
/// <param name="ClaimsSeen">Names of the claims that came.</param>
public sealed record ProviderRefusal(
    int Status,
    string Title,
    string Detail,
    IReadOnlyList<(string Name, string Value)> Facts,
    IReadOnlyList<string> ClaimsSeen
)
{
    /// <summary>Without facts.</summary>
    public ProviderRefusal(int status, string title, string detail)
        : this(status, title, detail, [], []) { }
}
