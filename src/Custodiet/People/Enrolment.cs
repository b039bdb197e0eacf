using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Custodiet.Records.People;
using Microsoft.AspNetCore.DataProtection;
using QRCoder;

namespace Custodiet.People;

/// <summary>
/// An authenticator being set up. The secret travels through the form, sealed for this account and for half an hour, so
/// that nothing is stored before a code has proved that the device has it.
/// </summary>
/// <param name="SecretBase32">To type into an app that cannot see the picture.</param>
/// <param name="Sealed">What the form sends back.</param>
/// <param name="QrPath">The picture: an SVG path on a grid of <paramref name="QrSize"/> modules.</param>
/// <param name="QrSize">Modules per side, with the quiet zone.</param>
internal sealed record EnrolmentOffer(string SecretBase32, string Sealed, string QrPath, int QrSize);

/// <summary>Offers secrets for authenticators and takes them back.</summary>
internal sealed class Enrolment(IDataProtectionProvider protection, TimeProvider time)
{
    private static readonly TimeSpan offerTime = TimeSpan.FromMinutes(30);

    /// <summary>A new secret for this account.</summary>
    public EnrolmentOffer Offer(Account account) => Offer(account, Totp.NewSecret());

    /// <summary>The same offer again, after a mistyped code; a new one when it has expired.</summary>
    public EnrolmentOffer OfferAgain(Account account, string? sealedSecret) =>
        Open(account.Id, sealedSecret) is { } secret ? Offer(account, secret) : Offer(account);

    /// <summary>The secret that a form sent back, or null when it was offered to somebody else or too long ago.</summary>
    public string? Open(ActorId account, string? sealedSecret)
    {
        try
        {
            string[] parts = Protector(account).Unprotect(sealedSecret ?? "").Split(' ');
            long until = long.Parse(parts[0], CultureInfo.InvariantCulture);
            return until > time.GetUtcNow().ToUnixTimeSeconds() ? parts[1] : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private EnrolmentOffer Offer(Account account, string secret)
    {
        long until = (time.GetUtcNow() + offerTime).ToUnixTimeSeconds();
        (string path, int size) = Draw(Totp.Uri(secret, account.Name));
        return new EnrolmentOffer(
            secret,
            Protector(account.Id).Protect(string.Create(CultureInfo.InvariantCulture, $"{until} {secret}")),
            path,
            size
        );
    }

    private IDataProtector Protector(ActorId account) =>
        protection.CreateProtector("custodiet.enrolment", account.Value);

    // A path of our own: the library's SVG brings a style of its own, which the content policy forbids.
    private static (string Path, int Size) Draw(string text)
    {
        using QRCodeData code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var path = new StringBuilder();
        for (int y = 0; y < code.ModuleMatrix.Count; y++)
        {
            BitArray row = code.ModuleMatrix[y];
            for (int x = 0; x < row.Length; x++)
            {
                if (row[x])
                {
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
                }
            }
        }
        return (path.ToString(), code.ModuleMatrix.Count);
    }
}
