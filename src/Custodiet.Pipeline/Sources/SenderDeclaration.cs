using System.Net;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Sources;

/// <summary>What people know of some senders: addresses that events come from.</summary>
/// <param name="Name">What they call them.</param>
/// <param name="From">Their addresses and networks.</param>
/// <param name="Inputs">Only over these inputs, for example <c>syslog-udp</c>; empty: over any.</param>
/// <param name="Criticality">How much depends on them.</param>
/// <param name="EventsPerSecondMax">Events that each of them may send in a second on average, or null.</param>
/// <param name="BytesPerSecondMax">Bytes that each of them may send in a second on average, or null.</param>
/// <param name="Position">Where it stands.</param>
public sealed record SenderDeclaration(
    string Name,
    IReadOnlyList<IPNetwork> From,
    IReadOnlyList<string> Inputs,
    Criticality Criticality,
    long? EventsPerSecondMax,
    long? BytesPerSecondMax,
    TextPosition Position
)
{
    /// <summary>Whether an address that sends over an input is one of them. IPv4 over an IPv6 socket is IPv4.</summary>
    public bool Fits(string input, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (Inputs.Count == 0 || Inputs.Contains(input)) && From.Any(network => network.Contains(plain));
    }
}
