using System.Collections.Concurrent;
using System.Net;
using Custodiet.Pipeline.Sources;
using Custodiet.Records.Ledger;

namespace Custodiet.Inputs;

/// <summary>All senders by input and address. Until the content is loaded nothing is declared, and all are normal and without quota.</summary>
internal sealed class SenderBook(TimeProvider time)
{
    /// <summary>Senders that are told apart; more share one, without a quota.</summary>
    public const int SendersMax = 50_000;

    /// <summary>Stands for what the kernel dropped.</summary>
    public const string Kernel = "(kernel)";

    /// <summary>Stands for senders beyond a bound.</summary>
    public const string Others = "(others)";

    private readonly ConcurrentDictionary<(string Input, IPAddress? Address), Sender> senders = new();
    private readonly ConcurrentDictionary<string, Sender> others = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<SenderDeclaration> declarations = [];

    /// <summary>The sender behind an address; null: whom nobody can tell.</summary>
    public Sender Of(string input, IPAddress? address)
    {
        if (senders.TryGetValue((input, address), out Sender? known))
        {
            return known;
        }
        if (senders.Count >= SendersMax)
        {
            return others.GetOrAdd(input, name => new Sender(name, null, time) { Address = Others });
        }
        return senders.GetOrAdd(
            (input, address),
            key =>
            {
                Sender made = new(key.Input, key.Address, time);
                made.Use(declarations);
                return made;
            }
        );
    }

    /// <summary>Takes up what content declares.</summary>
    public void Use(IReadOnlyList<SenderDeclaration> declared)
    {
        declarations = declared;
        foreach (Sender sender in senders.Values)
        {
            sender.Use(declared);
        }
    }

    /// <summary>What was shed of all of them since the last call.</summary>
    public IReadOnlyList<EventsShed> TakeShed() =>
        [.. senders.Values.Concat(others.Values).SelectMany(sender => sender.TakeShed())];
}
