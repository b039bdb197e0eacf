using Custodiet.Records.People;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Hashes and checks passwords as ASP.NET Core Identity does: PBKDF2 with HMAC-SHA512, salt and iterations beside the hash.</summary>
/// <param name="iterations">PBKDF2 iterations of new hashes; older hashes keep theirs until the next sign-in.</param>
internal sealed class Passwords(int iterations)
{
    private static readonly AccountUser nobody = new(
        new Account
        {
            Id = default,
            Name = "",
            Roles = [],
            SecurityStamp = "",
        }
    );

    /// <summary>The hasher, for Identity.</summary>
    public PasswordHasher<AccountUser> Hasher { get; } =
        new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));

    private string HashOfNothing => field ??= Hash(Secrets.NewCode());

    /// <summary>What is kept of a password.</summary>
    public string Hash(string password) => Hasher.HashPassword(nobody, password);

    /// <summary>Whether this is the account's password.</summary>
    public bool Match(Account account, string? password) =>
        account.PasswordHash is { } hash
        && password is { Length: > 0 and <= PasswordRules.LengthMax }
        && Hasher.VerifyHashedPassword(nobody, hash, password) != PasswordVerificationResult.Failed;

    /// <summary>Takes as long as checking a password.</summary>
    public void MatchNothing(string? password) =>
        Hasher.VerifyHashedPassword(
            nobody,
            HashOfNothing,
            password is { Length: <= PasswordRules.LengthMax } ? password : ""
        );
}
