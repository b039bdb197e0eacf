using System.Collections.Concurrent;
using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>
/// Sign-ins whose password was right and whose code is awaited. Known in memory alone: whoever has copied the data folder has the keys of
/// cookies and the secrets of authenticators, but could not make this service believe that a password was given.
/// </summary>
internal sealed class HalfSignIns(PeopleOptions options, TimeProvider time)
{
    private const string cookieName = "custodiet.step";

    private static readonly TimeSpan lifeTime = TimeSpan.FromMinutes(10);

    // Only after a right password, and each ends by itself.
    private readonly ConcurrentDictionary<string, (ActorId Account, DateTimeOffset Until)> open = new();

    /// <summary>This browser has given the account's password.</summary>
    public void Begin(HttpContext http, ActorId account)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string old, (_, DateTimeOffset until)) in open)
        {
            if (until < now)
            {
                open.TryRemove(old, out _);
            }
        }
        string key = Secrets.NewToken();
        open[Secrets.Sha256(key)] = (account, now + lifeTime);
        http.Response.Cookies.Append(
            cookieName,
            key,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = options.SecureCookies || http.Request.IsHttps,
                MaxAge = lifeTime,
                Path = "/sign-in",
                IsEssential = true,
            }
        );
    }

    /// <summary>Whether this browser has given the account's password, in this run of the service and not too long ago.</summary>
    public bool Knows(HttpContext http, ActorId account) =>
        http.Request.Cookies[cookieName] is { Length: > 0 and < 100 } key
        && open.TryGetValue(Secrets.Sha256(key), out var half)
        && half.Account == account
        && half.Until > time.GetUtcNow();

    /// <summary>The code was right: the way is gone once.</summary>
    public void End(HttpContext http)
    {
        if (http.Request.Cookies[cookieName] is { Length: > 0 and < 100 } key)
        {
            open.TryRemove(Secrets.Sha256(key), out _);
            http.Response.Cookies.Delete(cookieName, new CookieOptions { Path = "/sign-in" });
        }
    }
}
