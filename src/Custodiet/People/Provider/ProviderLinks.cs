using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace Custodiet.People.Provider;

/// <summary>
/// Tickets for tying an account to a person at the provider. One is given out by a form of the account page alone and holds for
/// that session and five minutes, so that no other site can make somebody's browser tie their account to a stranger.
/// </summary>
internal sealed class ProviderLinks(IDataProtectionProvider protection, TimeProvider time)
{
    private const string key = "custodiet.link";

    private static readonly TimeSpan lifeTime = TimeSpan.FromMinutes(5);

    private readonly IDataProtector protector = protection.CreateProtector("custodiet.provider-link");

    /// <summary>A ticket for this session.</summary>
    public string Ticket(ClaimsPrincipal person) =>
        protector.Protect(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(time.GetUtcNow() + lifeTime).ToUnixTimeSeconds()} {person.SessionId()}"
            )
        );

    /// <summary>The properties of a round trip that ends with a link.</summary>
    public static AuthenticationProperties Begin(string ticket) => new() { Items = { [key] = ticket } };

    /// <summary>Whether a round trip was begun to link.</summary>
    public static bool IsLink(AuthenticationProperties properties) => properties.Items.ContainsKey(key);

    /// <summary>Whether a round trip was begun by this session, not too long ago.</summary>
    public bool Belongs(AuthenticationProperties properties, ClaimsPrincipal person)
    {
        try
        {
            string[] parts = protector.Unprotect(properties.Items[key] ?? "").Split(' ');
            long until = long.Parse(parts[0], CultureInfo.InvariantCulture);
            return until > time.GetUtcNow().ToUnixTimeSeconds() && parts[1] == person.SessionId()?.Value;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
