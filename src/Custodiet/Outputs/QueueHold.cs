using Custodiet.Records.Stores;

namespace Custodiet.Outputs;

/// <summary>
/// Lets the queue forget what everybody is through with: the stream, and each route that follows the queue. A route keeps segments up to
/// a bound that is beside the queue's own; past it the oldest go, and the route is told to look where it stands.
/// </summary>
/// <param name="queue">The queue.</param>
/// <param name="heldBytesMax">Bytes that routes may keep in the queue together.</param>
internal sealed class QueueHold(IEventQueue queue, long heldBytesMax)
{
    private readonly Lock gate = new();
    private readonly List<Follower> followers = [];
    private long streamAt;

    /// <summary>Bytes that routes may keep together.</summary>
    public long HeldBytesMax => heldBytesMax;

    /// <summary>Adds somebody whose position is respected.</summary>
    /// <param name="position">The first event that is still wanted. Grows.</param>
    /// <param name="passed">Called with the oldest event that is still there when that is behind the position.</param>
    public void Follow(Func<long> position, Action<long> passed)
    {
        lock (gate)
        {
            followers.Add(new Follower(position, passed));
        }
    }

    /// <summary>The stream needs nothing before this offset any more.</summary>
    public void StreamAt(long offset)
    {
        lock (gate)
        {
            streamAt = Math.Max(streamAt, offset);
        }
        Release();
    }

    /// <summary>Forgets what nobody needs. Called whenever somebody has come further.</summary>
    public void Release()
    {
        lock (gate)
        {
            long wanted = followers.Select(f => f.Position()).DefaultIfEmpty(streamAt).Min();
            long first = queue.Release(streamAt, Math.Min(wanted, streamAt), heldBytesMax);
            foreach (Follower follower in followers.Where(f => f.Position() < first))
            {
                follower.Passed(first);
            }
        }
    }

    private sealed record Follower(Func<long> Position, Action<long> Passed);
}
