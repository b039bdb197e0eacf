using System.Collections.Concurrent;

namespace Custodiet.People;

/// <summary>
/// Remembers what was shown, so that it counts once. Only what holds is shown to it, so that nobody can fill it; it forgets what no longer
/// holds anyway.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="kept">For how long: at least as long as what is shown holds.</param>
internal sealed class UsedOnce(TimeProvider time, TimeSpan kept)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> used = new(StringComparer.Ordinal);

    /// <summary>Whether this is shown for the first time.</summary>
    public bool IsFirst(string shown)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string old, DateTimeOffset until) in used)
        {
            if (until < now)
            {
                used.TryRemove(old, out _);
            }
        }
        return used.TryAdd(Secrets.Sha256(shown), now + kept);
    }
}
