using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>The use of a break-glass account: with a reason, for a short time, seen by everybody who leads until somebody says that it was right.</summary>
internal sealed class BreakGlass(
    Accounts accounts,
    Sessions sessions,
    SessionSignInManager manager,
    SignInRecords records,
    IHttpContextAccessor accessor
)
{
    private HttpContext Http =>
        accessor.HttpContext ?? throw new InvalidOperationException("Sign-in happens within a request.");

    /// <summary>
    /// Begins a session of the account whose sealed code this is. Nobody is locked out by wrong codes: 100 random bits are
    /// not guessed, and a lock would be the attacker's on the very day when this is needed.
    /// </summary>
    public async Task<SignInStep> SignInAsync(
        string? name,
        string? code,
        BreakGlassReason reason,
        CancellationToken cancellation
    )
    {
        Account? account = await accounts.FindAsync(name ?? "", cancellation).ConfigureAwait(false);
        string typed = Secrets.NormalizeCode(code);
        if (account is not { Kind: AccountKind.BreakGlass, Disabled: false })
        {
            accounts.Passwords.MatchNothing(typed);
            return Wrong(account, account is null ? SignInFailure.UnknownName : SignInFailure.WrongBreakGlassCode);
        }
        if (!accounts.Passwords.Match(account, typed))
        {
            return Wrong(account, SignInFailure.WrongBreakGlassCode);
        }
        await manager
            .BeginAsync(account, SessionStart.Of(Http, SignInMethod.BreakGlass) with { Reason = reason })
            .ConfigureAwait(false);
        return new SignInStep(SignInResultKind.Done);
    }

    /// <summary>Takes note of a use: the act of a person who is signed in as such.</summary>
    /// <returns>Null when it is done, or why it is not.</returns>
    public async Task<string?> AcknowledgeAsync(SessionId id, BreakGlassJudgement judgement, ActorId actor)
    {
        if (
            await accounts.FindAsync(actor, CancellationToken.None).ConfigureAwait(false)
            is not { Kind: AccountKind.Person }
        )
        {
            return "Another person acknowledges it, with an account of their own.";
        }
        if (sessions.Find(id) is not { BreakGlass: not null } session)
        {
            return "There is no such use of a break-glass account.";
        }
        if (session.AcknowledgedBy is not null)
        {
            return "Somebody else has acknowledged it already.";
        }
        AppendOutcome outcome = await sessions
            .AcknowledgeAsync(session, new BreakGlassAcknowledged(session.Account, session.Id, judgement), actor)
            .ConfigureAwait(false);
        return outcome switch
        {
            AppendOutcome.Appended => null,
            AppendOutcome.Refused refused => refused.Reason,
            _ => "Somebody else has acknowledged it already.",
        };
    }

    private SignInStep Wrong(Account? account, SignInFailure reason)
    {
        records.Failed(account?.Id, reason, Callers.Address(Http));
        return new SignInStep(SignInResultKind.Wrong);
    }
}
