using System.Threading.RateLimiting;

namespace Custodiet.People;

/// <summary>
/// How often secrets may be tried: per address by the framework's middleware, per name here, since the name stands in the
/// form. Both in memory; the lock of an account, which is stored, comes on top.
/// </summary>
/// <remarks>
/// A browser that its person has signed in with before is counted by itself, in both: neither somebody who tries a name from
/// elsewhere nor somebody behind the same address can use its attempts up.
/// </remarks>
internal sealed class SignInLimits(PeopleOptions options) : IDisposable
{
    /// <summary>The name of the rate limiting policy per address: pages and endpoints that take a secret state it.</summary>
    public const string PerAddress = "secrets-per-address";

    private static readonly TimeSpan window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<string> perName = PartitionedRateLimiter.Create<string, string>(
        name => RateLimitPartition.GetFixedWindowLimiter(name, _ => Window(options.AttemptsPerMinuteAndName)),
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Counts an attempt with this name; the wait in seconds when it is one too many.</summary>
    /// <param name="name">As typed.</param>
    /// <param name="device">The known browser that it comes from, or null for a stranger.</param>
    public int? Refuses(string name, string? device = null)
    {
        // A name longer than any account's needs no limit of its own and must not fill the memory.
        string key =
            device is not null ? $"device {device}"
            : name.Length <= PasswordRules.NameLengthMax ? PasswordRules.NormalizeName(name)
            : "";
        using RateLimitLease lease = perName.AttemptAcquire(key);
        return lease.IsAcquired ? null : RetryAfterSeconds(lease);
    }

    /// <summary>The limiter of an address; reading a page costs nothing.</summary>
    public static RateLimitPartition<string> Partition(HttpContext http, PeopleOptions options) =>
        HttpMethods.IsPost(http.Request.Method)
            ? RateLimitPartition.GetFixedWindowLimiter(
                http.RequestServices.GetRequiredService<KnownDevices>().Any(http) ?? Callers.Network(http),
                _ => Window(options.AttemptsPerMinuteAndAddress)
            )
            : RateLimitPartition.GetNoLimiter("");

    /// <summary>The wait that a refused lease asks for, at least a second.</summary>
    public static int RetryAfterSeconds(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait)
            ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))
            : 60;

    /// <inheritdoc/>
    public void Dispose() => perName.Dispose();

    private static FixedWindowRateLimiterOptions Window(int attempts) =>
        new() { PermitLimit = attempts, Window = window };
}
