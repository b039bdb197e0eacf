using System.Buffers.Text;
using System.Collections.Concurrent;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Identity;

namespace Custodiet.People;

/// <summary>Passkeys (WebAuthn Level 3): made, used and removed. The ceremonies' checks are the framework's; whose they are and what follows is ours.</summary>
internal sealed class Passkeys(
    SessionSignInManager manager,
    Accounts accounts,
    PasskeyAnswers answers,
    SignInRecords records,
    KnownDevices devices,
    IHttpContextAccessor accessor,
    TimeProvider time
)
{
    /// <summary>Passkeys of one account at most.</summary>
    public const int PerAccountMax = 10;

    /// <summary>Longest name of a passkey, in characters.</summary>
    public const int NameLengthMax = 50;

    /// <summary>Characters of a browser's answer at most.</summary>
    public const int AnswerLengthMax = 16 << 10;

    private HttpContext Http =>
        accessor.HttpContext ?? throw new InvalidOperationException("A passkey's ceremony happens within a request.");

    /// <summary>What the browser needs to make a passkey, as JSON.</summary>
    public Task<string> CreationOptionsAsync(Account account) =>
        manager.MakePasskeyCreationOptionsAsync(
            new PasskeyUserEntity
            {
                Id = account.Id.Value,
                Name = account.Name,
                DisplayName = account.Name,
            }
        );

    /// <summary>What the browser needs to sign in with whichever passkey it has, as JSON: no name is asked, so none can be tried.</summary>
    public Task<string> RequestOptionsAsync() => manager.MakePasskeyRequestOptionsAsync(null);

    /// <summary>Adds the passkey that the browser has made.</summary>
    public async Task<AccountOutcome> AddAsync(
        Account account,
        string? name,
        string? answer,
        CancellationToken cancellation
    )
    {
        name = (name ?? "").Trim();
        if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl))
        {
            return new AccountOutcome.Invalid(
                "name",
                $"A passkey's name says where it is, in 1 to {NameLengthMax} characters."
            );
        }
        if (account.Passkeys.Count >= PerAccountMax)
        {
            return new AccountOutcome.Invalid("passkey", $"An account has at most {PerAccountMax} passkeys.");
        }
        PasskeyAttestationResult? result = await TryAsync(answer, manager.PerformPasskeyAttestationAsync)
            .ConfigureAwait(false);
        if (
            result is not { Succeeded: true }
            || result.UserEntity.Id != account.Id.Value
            || !result.Passkey.IsUserVerified
        )
        {
            return new AccountOutcome.Invalid(
                "passkey",
                "The browser's answer does not hold: it took too long, or the device did not check that it is you. Try again."
            );
        }
        Passkey added = Kept(result.Passkey, name, lastUsedAt: null);
        return await accounts
            .EditAsync(
                account.Id,
                now => now with { Passkeys = [.. now.Passkeys, added] },
                (_, _) => [new PasskeyAdded(account.Id, added.Id, added.Name, added.BackupEligible)],
                account.Id,
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>Removes a passkey; all sessions end, since whoever has the device may have one open.</summary>
    public static Task<AccountOutcome> RemoveAsync(
        Accounts accounts,
        ActorId id,
        string passkey,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        Passkey? removed = null;
        return Removed(
            accounts.EditAsync(
                id,
                now =>
                {
                    removed = now.Passkeys.FirstOrDefault(known => known.Id == passkey);
                    bool last = now is { Passkeys.Count: 1, PasswordHash: null, Identities.Count: 0 };
                    return removed is null || (last && actor == id)
                        ? now
                        : now with
                        {
                            Passkeys = [.. now.Passkeys.Where(known => known.Id != passkey)],
                            SecurityStamp = Secrets.NewStamp(),
                        };
                },
                (_, _) => [new PasskeyRemoved(id, passkey, removed!.Name)],
                actor,
                cancellation
            )
        );

        async Task<AccountOutcome> Removed(Task<AccountOutcome> edit)
        {
            AccountOutcome outcome = await edit.ConfigureAwait(false);
            return outcome is AccountOutcome.Done done && done.Account.Passkeys.Any(known => known.Id == passkey)
                ? new AccountOutcome.Invalid(
                    "passkey",
                    "This is the only way into the account. Add another passkey first."
                )
                : outcome;
        }
    }

    /// <summary>Signs in whoever the browser's answer names. It is as good as password and code together: the device has checked the person.</summary>
    public async Task<SignInStep> SignInAsync(string? answer, CancellationToken cancellation)
    {
        PasskeyAssertionResult<AccountUser>? result = await TryAsync(answer, manager.PerformPasskeyAssertionAsync)
            .ConfigureAwait(false);
        if (result is not { Succeeded: true } || !answers.IsFirst(answer!))
        {
            return Wrong(null, SignInFailure.WrongPasskey);
        }
        Account account = result.User.Account;
        if (account.Disabled || account.Kind != AccountKind.Person)
        {
            return Wrong(account, SignInFailure.Disabled);
        }
        AccountOutcome outcome = await accounts
            .EditAsync(
                account.Id,
                now =>
                    now with
                    {
                        Passkeys =
                        [
                            .. now.Passkeys.Select(known =>
                                known.Id == IdOf(result.Passkey)
                                    ? Kept(result.Passkey, known.Name, time.GetUtcNow())
                                    : known
                            ),
                        ],
                    },
                // The session's record says it.
                (_, _) => [],
                account.Id,
                cancellation
            )
            .ConfigureAwait(false);
        await manager
            .BeginAsync(
                outcome is AccountOutcome.Done done ? done.Account : account,
                SessionStart.Of(Http, SignInMethod.Passkey)
            )
            .ConfigureAwait(false);
        devices.Remember(Http, account.Id);
        return new SignInStep(SignInResultKind.Done);
    }

    /// <summary>A passkey as Identity wants to see it. What only its making needed is not kept.</summary>
    public static UserPasskeyInfo ToInfo(Passkey passkey) =>
        new(
            Base64Url.DecodeFromChars(passkey.Id),
            Convert.FromBase64String(passkey.PublicKey),
            passkey.CreatedAt,
            passkey.SignCount,
            [.. passkey.Transports],
            isUserVerified: true,
            passkey.BackupEligible,
            passkey.BackedUp,
            attestationObject: [],
            clientDataJson: []
        )
        {
            Name = passkey.Name,
        };

    private static string IdOf(UserPasskeyInfo passkey) => Base64Url.EncodeToString(passkey.CredentialId);

    private static Passkey Kept(UserPasskeyInfo passkey, string name, DateTimeOffset? lastUsedAt) =>
        new(
            IdOf(passkey),
            name,
            Convert.ToBase64String(passkey.PublicKey),
            passkey.SignCount,
            passkey.Transports ?? [],
            passkey.IsBackupEligible,
            passkey.IsBackedUp,
            passkey.CreatedAt,
            lastUsedAt
        );

    // Without a ceremony underway the framework throws: the cookie is gone, five minutes over, or was never there.
    private static async Task<T?> TryAsync<T>(string? answer, Func<string, Task<T>> perform)
        where T : class
    {
        if (answer is not { Length: > 0 and <= AnswerLengthMax })
        {
            return null;
        }
        try
        {
            return await perform(answer).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private SignInStep Wrong(Account? account, SignInFailure reason)
    {
        records.Failed(account?.Id, reason, Callers.Address(Http));
        return new SignInStep(SignInResultKind.Wrong);
    }
}

/// <summary>Answers of browsers that have been used: each signs in once, although the cookie that holds its challenge is the browser's.</summary>
internal sealed class PasskeyAnswers(TimeProvider time)
{
    private static readonly TimeSpan kept = TimeSpan.FromMinutes(15);

    // Only answers that hold are kept, so that nobody else can fill it.
    private readonly ConcurrentDictionary<string, DateTimeOffset> used = new();

    /// <summary>Whether this answer comes for the first time.</summary>
    public bool IsFirst(string answer)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string old, DateTimeOffset until) in used)
        {
            if (until < now)
            {
                used.TryRemove(old, out _);
            }
        }
        return used.TryAdd(Secrets.Sha256(answer), now + kept);
    }
}

/// <summary>Which name passkeys are bound to, and which pages may use them.</summary>
internal static class PasskeyOrigin
{
    /// <summary>Says what the framework checks.</summary>
    public static void Configure(IdentityPasskeyOptions passkeys, PeopleOptions options)
    {
        passkeys.ServerDomain = options.PublicUrl?.IdnHost;
        passkeys.UserVerificationRequirement = "required";
        passkeys.ResidentKeyRequirement = "required";
        // Which make a device is of is nobody's business here.
        passkeys.AttestationConveyancePreference = "none";
        passkeys.ValidateOrigin = context =>
            ValueTask.FromResult(!context.CrossOrigin && IsOurs(context.Origin, context.HttpContext, options));
    }

    /// <summary>Why passkeys cannot be used at the address that a page was opened with, or null when they can.</summary>
    public static string? Obstacle(HttpContext http, PeopleOptions options)
    {
        string host = options.PublicUrl?.Host ?? http.Request.Host.Host;
        if (options.PublicUrl is { } url && !IsOurs(Origin(http.Request), http, options))
        {
            return $"Passkeys work at {url.GetLeftPart(UriPartial.Authority)} alone.";
        }
        if (!System.Net.IPAddress.TryParse(host.Trim('[', ']'), out System.Net.IPAddress? address))
        {
            return null;
        }
        return System.Net.IPAddress.IsLoopback(address)
            ? $"Passkeys are bound to a name: open this page as {http.Request.Scheme}://localhost{Port(http.Request)}."
            : "Passkeys are bound to a name: whoever runs this service sets public_url.";
    }

    private static bool IsOurs(string origin, HttpContext http, PeopleOptions options) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? given)
        && Uri.Compare(
            given,
            options.PublicUrl ?? new Uri(Origin(http.Request)),
            UriComponents.SchemeAndServer,
            UriFormat.UriEscaped,
            StringComparison.OrdinalIgnoreCase
        ) == 0;

    private static string Origin(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    private static string Port(HttpRequest request) => request.Host.Port is { } port ? $":{port}" : "";
}
