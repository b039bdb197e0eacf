using System.Net;
using Custodiet.Pipeline.Sources;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;

namespace Custodiet.Inputs;

/// <summary>An address that sends over an input: how critical it is, how much it may send, what of it was shed. Safe for many threads.</summary>
internal sealed class Sender(string input, IPAddress? address, TimeProvider time)
{
    /// <summary>A sender may send so many seconds' worth of its quota at once.</summary>
    public const double BurstSeconds = 5;

    private readonly Lock gate = new();
    private readonly Dictionary<ShedReason, Pending> shed = [];
    private volatile SenderDeclaration? declaration;
    private double events;
    private double bytes;
    private long filledAt;

    private readonly record struct Pending(long Events, DateTimeOffset From, DateTimeOffset To);

    /// <summary>The input.</summary>
    public string Input => input;

    /// <summary>The address, or what stands for several.</summary>
    public string Address { get; init; } = address is null ? SenderBook.Kernel : SyslogInputs.TextOf(address);

    /// <summary>How critical it is.</summary>
    public Criticality Criticality => declaration?.Criticality ?? Criticality.Normal;

    /// <summary>Takes up what is declared, or that nothing is.</summary>
    public void Use(IReadOnlyList<SenderDeclaration> declarations)
    {
        lock (gate)
        {
            declaration = address is null ? null : declarations.FirstOrDefault(d => d.Fits(input, address));
            events = (declaration?.EventsPerSecondMax ?? 0) * BurstSeconds;
            bytes = (declaration?.BytesPerSecondMax ?? 0) * BurstSeconds;
            filledAt = time.GetTimestamp();
        }
    }

    /// <summary>Takes a message out of the quota; false when it is used up. For senders that cannot wait.</summary>
    public bool TryTake(int messageBytes)
    {
        if (declaration is not { } known || !HasQuota(known))
        {
            return true;
        }
        lock (gate)
        {
            Fill(known);
            if (
                (known.EventsPerSecondMax is not null && events < 1)
                || (known.BytesPerSecondMax is not null && bytes < 1)
            )
            {
                return false;
            }
            events -= 1;
            bytes -= messageBytes;
            return true;
        }
    }

    /// <summary>Takes what was accepted out of the quota, below zero if need be. For senders that can wait: <see cref="Owes"/> says how long.</summary>
    public void Charge(int acceptedEvents, long acceptedBytes)
    {
        if (declaration is not { } known || !HasQuota(known))
        {
            return;
        }
        lock (gate)
        {
            Fill(known);
            events -= acceptedEvents;
            bytes -= acceptedBytes;
        }
    }

    /// <summary>How long the sender must wait until its quota is no longer overdrawn; zero when it need not.</summary>
    public TimeSpan Owes()
    {
        if (declaration is not { } known || !HasQuota(known))
        {
            return TimeSpan.Zero;
        }
        lock (gate)
        {
            Fill(known);
            double seconds = Math.Max(
                known.EventsPerSecondMax is { } e ? -events / e : 0,
                known.BytesPerSecondMax is { } b ? -bytes / b : 0
            );
            return seconds <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(seconds);
        }
    }

    /// <summary>Counts events that were not taken.</summary>
    public void Shed(ShedReason reason, long count)
    {
        if (count == 0)
        {
            return;
        }
        DateTimeOffset now = time.GetUtcNow();
        lock (gate)
        {
            Pending before = shed.GetValueOrDefault(reason, new Pending(0, now, now));
            shed[reason] = new Pending(before.Events + count, before.From, now);
        }
    }

    /// <summary>What was shed since the last call.</summary>
    public IReadOnlyList<EventsShed> TakeShed()
    {
        lock (gate)
        {
            if (shed.Count == 0)
            {
                return [];
            }
            EventsShed[] taken =
            [
                .. shed.Select(s => new EventsShed(
                    input,
                    Address,
                    declaration?.Name,
                    Criticality,
                    s.Key,
                    s.Value.Events,
                    s.Value.From,
                    s.Value.To
                )),
            ];
            shed.Clear();
            return taken;
        }
    }

    private static bool HasQuota(SenderDeclaration known) =>
        known.EventsPerSecondMax is not null || known.BytesPerSecondMax is not null;

    private void Fill(SenderDeclaration known)
    {
        long now = time.GetTimestamp();
        double seconds = time.GetElapsedTime(filledAt, now).TotalSeconds;
        filledAt = now;
        double eventsMax = known.EventsPerSecondMax ?? 0;
        double bytesMax = known.BytesPerSecondMax ?? 0;
        events = Math.Min(eventsMax * BurstSeconds, events + (eventsMax * seconds));
        bytes = Math.Min(bytesMax * BurstSeconds, bytes + (bytesMax * seconds));
    }
}
