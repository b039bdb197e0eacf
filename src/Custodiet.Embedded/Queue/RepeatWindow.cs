using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>Keys of batches accepted lately: bounded in time and number, the oldest forgotten first. Not safe for several threads.</summary>
internal sealed class RepeatWindow(TimeSpan window, int keysMax)
{
    private readonly Dictionary<string, BatchKey> keys = new(StringComparer.Ordinal);
    private readonly Queue<BatchKey> order = new();
    private readonly long windowMicros = (long)window.TotalMicroseconds;

    /// <summary>Keys forgotten because of their number, not their age.</summary>
    public long Forgotten { get; private set; }

    public int Count => keys.Count;

    /// <summary>The batch accepted under a key within the window.</summary>
    public BatchKey? Find(string key, long nowMicros) =>
        keys.TryGetValue(key, out BatchKey known) && known.ReceivedMicros >= nowMicros - windowMicros ? known : null;

    public void Add(BatchKey key, long nowMicros)
    {
        if (keys.TryGetValue(key.Key, out BatchKey known) && known == key)
        {
            return;
        }
        keys[key.Key] = key;
        order.Enqueue(key);
        while (order.TryPeek(out BatchKey oldest))
        {
            bool tooMany = order.Count > keysMax;
            if (!tooMany && oldest.ReceivedMicros >= nowMicros - windowMicros)
            {
                break;
            }
            order.Dequeue();
            // A key accepted again after its window has a younger entry, which stays.
            if (keys.TryGetValue(oldest.Key, out BatchKey current) && current == oldest)
            {
                keys.Remove(oldest.Key);
                Forgotten += tooMany ? 1 : 0;
            }
        }
    }
}
