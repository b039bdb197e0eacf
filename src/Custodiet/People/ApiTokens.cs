using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>Tokens for programs: made, revoked and recognised. Needs no server.</summary>
internal sealed class ApiTokens(IAccountStore store, TimeProvider time)
{
    /// <summary>Longest name of a token, in characters.</summary>
    public const int NameLengthMax = 100;

    /// <summary>Whether somebody may make tokens of this role: only of roles they have, lest an engineer become admin by token.</summary>
    public static bool MayIssue(IReadOnlySet<Role> issuer, Role role) =>
        issuer.Contains(Role.Admin) || issuer.Contains(role);

    /// <summary>All tokens, newest first.</summary>
    public ValueTask<IReadOnlyList<ApiToken>> ListAsync(CancellationToken cancellation) =>
        store.TokensAsync(cancellation);

    /// <summary>Makes a token. The outcome carries its text, which is kept nowhere.</summary>
    /// <param name="role">What it may do.</param>
    /// <param name="name">What it is for.</param>
    /// <param name="scopes">Narrower than the role when not empty; each must be one that the role can use.</param>
    /// <param name="expiresAt">Until when, or null for no end.</param>
    /// <param name="actor">Who makes it: the console, or an account or token whose roles the new one may not exceed.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<TokenOutcome> AddAsync(
        Role role,
        string name,
        IReadOnlyList<string> scopes,
        DateTimeOffset? expiresAt,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        name = (name ?? "").Trim();
        DateTimeOffset now = time.GetUtcNow();
        FieldProblem[] problems =
        [
            .. Problems(role, name, scopes, expiresAt, now),
            .. await IssuerProblemsAsync(actor, role, cancellation).ConfigureAwait(false),
        ];
        if (problems.Length > 0)
        {
            return new TokenOutcome.Invalid(problems);
        }
        string text = Secrets.NewToken();
        string[] sorted = [.. scopes.Distinct().Order(StringComparer.Ordinal)];
        var id = new ActorId(Secrets.NewPseudonym("t"));
        var token = new ApiToken(
            id,
            name,
            role,
            sorted,
            Secrets.Sha256(text),
            now,
            expiresAt?.ToUniversalTime(),
            RevokedAt: null
        );
        var added = new TokenAdded(id, name, role, sorted, token.ExpiresAt);
        return await SaveAsync(token, added, actor, text, cancellation).ConfigureAwait(false);
    }

    /// <summary>Refuses a token from now on. One that is revoked already stays as it is.</summary>
    public async Task<TokenOutcome> RevokeAsync(ActorId id, ActorId actor, CancellationToken cancellation)
    {
        IReadOnlyList<ApiToken> all = await store.TokensAsync(cancellation).ConfigureAwait(false);
        return all.FirstOrDefault(token => token.Id == id) switch
        {
            null => new TokenOutcome.Refused("There is no such token."),
            { RevokedAt: not null } revoked => new TokenOutcome.Done(revoked),
            var token => await SaveAsync(
                    token with
                    {
                        RevokedAt = time.GetUtcNow(),
                    },
                    new TokenRevoked(id),
                    actor,
                    null,
                    cancellation
                )
                .ConfigureAwait(false),
        };
    }

    /// <summary>The token behind its text, or null when it is unknown, revoked or expired.</summary>
    public async Task<ApiToken?> RecogniseAsync(string text, CancellationToken cancellation)
    {
        // Found by its hash: an index lookup tells an attacker about prefixes of a hash, which say nothing about the text.
        ApiToken? token = await store.TokenByHashAsync(Secrets.Sha256(text), cancellation).ConfigureAwait(false);
        return token is { RevokedAt: null } && !(token.ExpiresAt <= time.GetUtcNow()) ? token : null;
    }

    // Checked here and not only on pages, so that no other way in forgets it.
    private async Task<FieldProblem[]> IssuerProblemsAsync(ActorId actor, Role role, CancellationToken cancellation)
    {
        if (actor == ActorId.Console || actor == ActorId.Service)
        {
            return [];
        }
        Account? account = await store.AccountAsync(actor, cancellation).ConfigureAwait(false);
        IReadOnlyList<ApiToken> tokens = await store.TokensAsync(cancellation).ConfigureAwait(false);
        IEnumerable<Role> roles =
            account?.Roles ?? tokens.Where(token => token.Id == actor).Select(token => token.Role);
        return MayIssue(roles.ToHashSet(), role)
            ? []
            : [new FieldProblem("role", "A token can have only a role that its maker has.")];
    }

    private static IEnumerable<FieldProblem> Problems(
        Role role,
        string name,
        IReadOnlyList<string> scopes,
        DateTimeOffset? expiresAt,
        DateTimeOffset now
    )
    {
        if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl))
        {
            yield return new("name", $"A token's name says what it is for, in 1 to {NameLengthMax} characters.");
        }
        if (!Enum.IsDefined(role))
        {
            yield return new("role", "There is no such role.");
        }
        foreach (string scope in scopes)
        {
            if (!Scopes.All.Contains(scope))
            {
                yield return new("scopes", $"There is no scope {scope}. Known: {string.Join(", ", Scopes.All)}.");
            }
            else if (Enum.IsDefined(role) && !Scopes.FitsRole(scope, role))
            {
                yield return new(
                    "scopes",
                    $"The role {role.Word()} cannot use the scope {scope}: a scope narrows a role."
                );
            }
        }
        if (expiresAt <= now)
        {
            yield return new("expires", "The token would have expired already.");
        }
    }

    private async Task<TokenOutcome> SaveAsync(
        ApiToken token,
        RecordBody body,
        ActorId actor,
        string? text,
        CancellationToken cancellation
    )
    {
        var draft = new RecordDraft(body, $"token/{token.Id}", actor, time.GetUtcNow());
        return await store.SaveAsync(token, [draft], cancellation).ConfigureAwait(false) switch
        {
            AppendOutcome.Appended => new TokenOutcome.Done(token, text),
            AppendOutcome.Conflict => new TokenOutcome.Refused(
                "Somebody else changed this token at the same time. Try again."
            ),
            AppendOutcome.Refused refused => new TokenOutcome.Refused(refused.Reason),
            var other => throw new InvalidOperationException(
                $"The account store answered with {other.GetType().Name}."
            ),
        };
    }
}
