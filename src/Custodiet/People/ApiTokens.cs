using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>A token that somebody wants.</summary>
/// <param name="Role">What it may do.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">Narrower than the role when not empty; each must be one that the role can use.</param>
/// <param name="ExpiresAt">Until when, or null for no end.</param>
/// <param name="Owner">Name of the person or service account that it is for; null: the maker's own.</param>
internal sealed record TokenWish(
    Role Role,
    string Name,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt,
    string? Owner = null
);

/// <summary>Tokens for programs: made, rotated, revoked and recognised. Needs no server.</summary>
internal sealed class ApiTokens(IAccountStore store, TimeProvider time)
{
    /// <summary>Longest name of a token, in characters.</summary>
    public const int NameLengthMax = 100;

    /// <summary>Tokens of one service account that hold at the same time: one in use, and one to change over to.</summary>
    public const int PerServiceAccountMax = 2;

    /// <summary>How long the old one of two holds beside the new one when nothing else is said: 7 days.</summary>
    public static readonly TimeSpan OverlapUsual = TimeSpan.FromDays(7);

    /// <summary>How long it may at most.</summary>
    public static readonly TimeSpan OverlapMax = TimeSpan.FromDays(90);

    /// <summary>Whether somebody may make tokens of this role: only of roles they have, lest an engineer become admin by token.</summary>
    public static bool MayIssue(IReadOnlySet<Role> issuer, Role role) =>
        issuer.Contains(Role.Admin) || issuer.Contains(role);

    /// <summary>All tokens, newest first.</summary>
    public ValueTask<IReadOnlyList<ApiToken>> ListAsync(CancellationToken cancellation) =>
        store.TokensAsync(cancellation);

    /// <summary>Makes a token. The outcome carries its text, which is kept nowhere.</summary>
    /// <param name="wish">What it is to be.</param>
    /// <param name="actor">Who makes it: the console, or an account or token whose roles the new one may not exceed.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<TokenOutcome> AddAsync(TokenWish wish, ActorId actor, CancellationToken cancellation)
    {
        wish = wish with { Name = (wish.Name ?? "").Trim() };
        DateTimeOffset now = time.GetUtcNow();
        (Account? owner, FieldProblem? noOwner) = await OwnerAsync(wish.Owner, actor, cancellation)
            .ConfigureAwait(false);
        FieldProblem[] problems =
        [
            .. Problems(wish.Role, wish.Name, wish.Scopes, wish.ExpiresAt, now),
            .. noOwner is null ? [] : (FieldProblem[])[noOwner],
            .. await IssuerProblemsAsync(actor, wish.Role, owner, cancellation).ConfigureAwait(false),
            .. await OwnerProblemsAsync(owner, wish.Role, cancellation).ConfigureAwait(false),
        ];
        return problems.Length > 0
            ? new TokenOutcome.Invalid(problems)
            : await MakeAsync(wish, owner?.Id, replaces: null, actor, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a token like another one, which goes on for the overlap and then ends: the program changes over without a gap.
    /// It holds for as long as the old one did from its making.
    /// </summary>
    public async Task<TokenOutcome> RotateAsync(
        ActorId id,
        TimeSpan overlap,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        DateTimeOffset now = time.GetUtcNow();
        IReadOnlyList<ApiToken> all = await store.TokensAsync(cancellation).ConfigureAwait(false);
        if (all.FirstOrDefault(token => token.Id == id) is not { } old || !Holds(old, now))
        {
            return new TokenOutcome.Refused("There is no such token, or it does not hold any more.");
        }
        if (all.Any(token => token.Replaces == id && Holds(token, now)))
        {
            return new TokenOutcome.Refused(
                "Another token takes its place already. Rotate that one, or revoke it first."
            );
        }
        if (overlap < TimeSpan.Zero || overlap > OverlapMax)
        {
            return new TokenOutcome.Invalid([
                new FieldProblem("overlap", $"The two hold together for 0 to {OverlapMax.TotalDays:0} days."),
            ]);
        }
        Account? owner = old.Owner is { } whose
            ? await store.AccountAsync(whose, cancellation).ConfigureAwait(false)
            : null;
        FieldProblem[] problems =
        [
            .. await IssuerProblemsAsync(actor, old.Role, owner, cancellation).ConfigureAwait(false),
            .. owner is null ? [] : StateProblems(owner, old.Role, now),
        ];
        if (problems.Length > 0)
        {
            return new TokenOutcome.Invalid(problems);
        }
        TokenWish wish = new(
            old.Role,
            old.Name,
            old.Scopes,
            old.ExpiresAt is { } end ? now + (end - old.CreatedAt) : null
        );
        TokenOutcome made = await MakeAsync(wish, old.Owner, old.Id, actor, cancellation).ConfigureAwait(false);
        if (made is not TokenOutcome.Done)
        {
            return made;
        }
        DateTimeOffset ends = now + overlap;
        if (!(old.ExpiresAt <= ends))
        {
            // Should this fail, the old one holds for longer, which the list shows.
            await SaveAsync(
                    old with
                    {
                        ExpiresAt = ends,
                    },
                    new TokenChanged(old.Id, "expires", old.Owner, ends),
                    actor,
                    null,
                    cancellation
                )
                .ConfigureAwait(false);
        }
        return made;
    }

    /// <summary>Gives a token to a person or service account.</summary>
    /// <param name="id">Which.</param>
    /// <param name="owner">The name of who gets it.</param>
    /// <param name="actor">Who gives it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<TokenOutcome> AssignAsync(ActorId id, string owner, ActorId actor, CancellationToken cancellation)
    {
        IReadOnlyList<ApiToken> all = await store.TokensAsync(cancellation).ConfigureAwait(false);
        if (all.FirstOrDefault(token => token.Id == id) is not { } token || !Holds(token, time.GetUtcNow()))
        {
            return new TokenOutcome.Refused("There is no such token, or it does not hold any more.");
        }
        (Account? account, FieldProblem? noOwner) = await OwnerAsync(owner, actor, cancellation).ConfigureAwait(false);
        FieldProblem[] problems =
        [
            .. noOwner is null ? [] : (FieldProblem[])[noOwner],
            .. await IssuerProblemsAsync(actor, token.Role, account, cancellation).ConfigureAwait(false),
            .. await OwnerProblemsAsync(account, token.Role, cancellation).ConfigureAwait(false),
        ];
        return problems.Length > 0
            ? new TokenOutcome.Invalid(problems)
            : await SaveAsync(
                    token with
                    {
                        Owner = account!.Id,
                    },
                    new TokenChanged(id, "owner", account.Id, token.ExpiresAt),
                    actor,
                    null,
                    cancellation
                )
                .ConfigureAwait(false);
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

    /// <summary>The token behind its text, or null when it is unknown, revoked or expired, or its owner may not have it any more.</summary>
    public async Task<ApiToken?> RecogniseAsync(string text, CancellationToken cancellation)
    {
        // Found by its hash: an index lookup tells an attacker about prefixes of a hash, which say nothing about the text.
        ApiToken? token = await store.TokenByHashAsync(Secrets.Sha256(text), cancellation).ConfigureAwait(false);
        DateTimeOffset now = time.GetUtcNow();
        if (token is null || !Holds(token, now))
        {
            return null;
        }
        return
            token.Owner is not { } id
            || (
                await store.AccountAsync(id, cancellation).ConfigureAwait(false) is { } owner
                && StateProblems(owner, token.Role, now).Length == 0
            )
            ? token
            : null;
    }

    /// <summary>Whether a token is neither revoked nor expired.</summary>
    public static bool Holds(ApiToken token, DateTimeOffset now) =>
        token.RevokedAt is null && !(token.ExpiresAt <= now);

    private async Task<TokenOutcome> MakeAsync(
        TokenWish wish,
        ActorId? owner,
        ActorId? replaces,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        string text = Secrets.NewToken();
        string[] sorted = [.. wish.Scopes.Distinct().Order(StringComparer.Ordinal)];
        var token = new ApiToken(
            new ActorId(Secrets.NewPseudonym("t")),
            wish.Name,
            wish.Role,
            sorted,
            Secrets.Sha256(text),
            time.GetUtcNow(),
            wish.ExpiresAt?.ToUniversalTime(),
            RevokedAt: null
        )
        {
            Owner = owner,
            Replaces = replaces,
        };
        TokenAdded added = new(token.Id, token.Name, owner, token.Role, sorted, token.ExpiresAt, replaces);
        return await SaveAsync(token, added, actor, text, cancellation).ConfigureAwait(false);
    }

    // Nobody said whose: the maker's own. The console is nobody; a token's maker is whoever the token belongs to.
    private async Task<(Account? Owner, FieldProblem? Problem)> OwnerAsync(
        string? name,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        if (name is { Length: > 0 })
        {
            return
                await store.AccountByNameAsync(PasswordRules.NormalizeName(name), cancellation).ConfigureAwait(false)
                    is { Kind: not AccountKind.BreakGlass } named
                ? (named, null)
                : (null, new FieldProblem("owner", $"There is no person or service account «{name}»."));
        }
        IReadOnlyList<ApiToken> tokens = await store.TokensAsync(cancellation).ConfigureAwait(false);
        ActorId maker = tokens.FirstOrDefault(token => token.Id == actor)?.Owner ?? actor;
        return await store.AccountAsync(maker, cancellation).ConfigureAwait(false) switch
        {
            { Kind: AccountKind.BreakGlass } => (
                null,
                new FieldProblem("owner", "A break-glass account has no tokens: say whose this one is.")
            ),
            var account => (account, null),
        };
    }

    private async Task<FieldProblem[]> OwnerProblemsAsync(Account? owner, Role role, CancellationToken cancellation)
    {
        if (owner is null)
        {
            return [];
        }
        DateTimeOffset now = time.GetUtcNow();
        FieldProblem[] problems = StateProblems(owner, role, now);
        if (problems.Length > 0 || owner.Kind != AccountKind.Service)
        {
            return problems;
        }
        IReadOnlyList<ApiToken> tokens = await store.TokensAsync(cancellation).ConfigureAwait(false);
        return tokens.Count(token => token.Owner == owner.Id && Holds(token, now)) < PerServiceAccountMax
            ? []
            :
            [
                new FieldProblem(
                    "owner",
                    $"{owner.Name} has {PerServiceAccountMax} tokens that hold, the one in use and the one to change over to. Revoke one first."
                ),
            ];
    }

    private static FieldProblem[] StateProblems(Account owner, Role role, DateTimeOffset now) =>
        owner.Disabled ? [new FieldProblem("owner", $"{owner.Name} is disabled.")]
        : owner.ExpiresAt <= now ? [new FieldProblem("owner", $"{owner.Name} has ended.")]
        : !owner.Roles.Contains(role)
            ? [new FieldProblem("role", $"A token can have only a role that {owner.Name}, whose it is, has.")]
        : [];

    // Checked here and not only on pages, so that no other way in forgets it.
    private async Task<FieldProblem[]> IssuerProblemsAsync(
        ActorId actor,
        Role role,
        Account? owner,
        CancellationToken cancellation
    )
    {
        if (actor == ActorId.Console || actor == ActorId.Service)
        {
            return [];
        }
        Account? account = await store.AccountAsync(actor, cancellation).ConfigureAwait(false);
        IReadOnlyList<ApiToken> tokens = await store.TokensAsync(cancellation).ConfigureAwait(false);
        ApiToken? maker = tokens.FirstOrDefault(token => token.Id == actor);
        HashSet<Role> roles = [.. account?.Roles ?? (maker is null ? [] : [maker.Role])];
        ActorId self = maker?.Owner ?? actor;
        return
        [
            .. MayIssue(roles, role)
                ? Array.Empty<FieldProblem>()
                : [new FieldProblem("role", "A token can have only a role that its maker has.")],
            .. roles.Contains(Role.Admin) || owner is null || owner.Id == self || owner.Owner == self
                ? Array.Empty<FieldProblem>()
                : [new FieldProblem("owner", "Tokens of somebody else are made by an admin.")],
        ];
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
