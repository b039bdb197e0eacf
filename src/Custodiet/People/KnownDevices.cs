using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Custodiet.Records.People;
using Microsoft.AspNetCore.DataProtection;

namespace Custodiet.People;

/// <summary>
/// Browsers in which somebody has signed in before (OWASP: device cookies against locking people out). Guesses from elsewhere are
/// counted apart: whoever tries names and passwords makes the account rest for strangers, not for its person's own browser.
/// </summary>
internal sealed class KnownDevices(IDataProtectionProvider protection, PeopleOptions options, TimeProvider time)
{
    /// <summary>The cookie's name.</summary>
    public const string CookieName = "custodiet.device";

    /// <summary>Accounts that one browser is known for at most; the newest stay.</summary>
    public const int AccountsMax = 5;

    // Browsers keep no cookie for longer.
    private static readonly TimeSpan lifeTime = TimeSpan.FromDays(400);

    private readonly IDataProtector protector = protection.CreateProtector("custodiet.device");

    // Only names that we gave out are counted, so that nobody can fill it.
    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset Last)> failures = new();

    /// <summary>The name under which this browser is known for the account, or null: never seen, or resting after too many failures.</summary>
    public string? Of(HttpContext http, ActorId account) =>
        Read(http).FirstOrDefault(entry => entry.Account == account.Value) is { Device: { } device } && !Rests(device)
            ? device
            : null;

    /// <summary>The name of this browser for whichever account it is known, or null.</summary>
    public string? Any(HttpContext http) => Read(http).FirstOrDefault().Device;

    /// <summary>Counts a failure of a known browser; after too many it is a stranger for a while.</summary>
    public void Failed(string device)
    {
        DateTimeOffset now = time.GetUtcNow();
        failures.AddOrUpdate(
            device,
            _ => (1, now),
            (_, so) => now - so.Last > options.LockTime ? (1, now) : (so.Failures + 1, now)
        );
    }

    /// <summary>This browser has just proved to be the account's person's.</summary>
    public void Remember(HttpContext http, ActorId account)
    {
        (string Account, string Device)[] known = [.. Read(http)];
        string device =
            known.FirstOrDefault(entry => entry.Account == account.Value).Device
            ?? RandomNumberGenerator.GetHexString(24, lowercase: true);
        failures.TryRemove(device, out _);
        IEnumerable<string> entries = known
            .Where(entry => entry.Account != account.Value)
            .Prepend((Account: account.Value, Device: device))
            .Take(AccountsMax)
            .Select(entry => $"{entry.Account}={entry.Device}");
        string until = (time.GetUtcNow() + lifeTime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        http.Response.Cookies.Append(
            CookieName,
            protector.Protect($"{until} {string.Join(' ', entries)}"),
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = options.SecureCookies || http.Request.IsHttps,
                MaxAge = lifeTime,
                IsEssential = true,
            }
        );
    }

    private bool Rests(string device) =>
        failures.TryGetValue(device, out var so)
        && so.Failures >= options.FailuresBeforeLock
        && time.GetUtcNow() - so.Last < options.LockTime;

    private IEnumerable<(string Account, string Device)> Read(HttpContext http)
    {
        if (http.Request.Cookies[CookieName] is not { Length: > 0 and < 2_000 } cookie)
        {
            return [];
        }
        string[] parts;
        try
        {
            parts = protector.Unprotect(cookie).Split(' ');
        }
        catch (CryptographicException)
        {
            // Made up, or of another installation.
            return [];
        }
        return
            long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long until)
            && until > time.GetUtcNow().ToUnixTimeSeconds()
            ? parts
                .Skip(1)
                .Select(part => part.Split('='))
                .Where(pair => pair.Length == 2)
                .Select(pair => (Account: pair[0], Device: pair[1]))
            : [];
    }
}
