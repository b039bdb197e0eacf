using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>With what and where from a session begins.</summary>
/// <param name="Method">What was shown.</param>
/// <param name="Address">Where from, or null.</param>
/// <param name="Browser">With what, in words.</param>
/// <param name="Issuer">The provider's issuer, when it let the person in.</param>
/// <param name="ProviderSession">The provider's own name of the session.</param>
/// <param name="Reason">Why a break-glass account is used.</param>
internal sealed record SessionStart(
    SignInMethod Method,
    string? Address,
    string Browser,
    string? Issuer = null,
    string? ProviderSession = null,
    BreakGlassReason? Reason = null
)
{
    /// <summary>As the request says.</summary>
    public static SessionStart Of(HttpContext http, SignInMethod method) =>
        new(method, Callers.Address(http), Callers.Browser(http));
}

/// <summary>
/// All sessions. The folder has one owner, so that what is open is known in memory and each request costs no read; the store
/// has it too, so that sessions outlive a restart. An end holds at once, also for answers that are still being sent.
/// </summary>
/// <remarks>
/// A session's begin and end are recorded; its last use is stored within a minute and unrecorded. While the ledger takes no
/// record, sessions begin and end without one, and the log says which is missing (docs/decisions/0012).
/// </remarks>
internal sealed partial class Sessions(
    ISessionStore store,
    Accounts accounts,
    PeopleOptions options,
    TimeProvider time,
    ILogger<Sessions> logger
) : BackgroundService
{
    /// <summary>Open sessions of one account at most; one more ends the one longest unused.</summary>
    public const int OpenPerAccountMax = 50;

    /// <summary>Sessions kept at most, over ones too; the oldest over ones are forgotten first.</summary>
    public const int KeptMax = 5_000;

    /// <summary>How long a session that is over stays in the list.</summary>
    public static readonly TimeSpan KeptTime = TimeSpan.FromDays(30);

    private static readonly TimeSpan tidyTime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<SessionId, Known> all = new();
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>Reads the sessions that are kept, before the first request.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (Session session in await store.SessionsAsync(cancellationToken).ConfigureAwait(false))
        {
            all[session.Id] = new Known(session);
        }
        accounts.Changed += EndStale;
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins a session, recorded and durable before it is answered.</summary>
    /// <returns>The session, and the key that opens it, which is kept nowhere.</returns>
    public async Task<(Session Session, string Key)> BeginAsync(Account account, SessionStart start)
    {
        DateTimeOffset now = time.GetUtcNow();
        string key = Secrets.NewToken();
        Session session = new()
        {
            Id = new SessionId(Secrets.NewPseudonym("ses")),
            Account = account.Id,
            KeySha256 = Secrets.Sha256(key),
            Stamp = account.SecurityStamp,
            Method = start.Method,
            Address = start.Address,
            Browser = start.Browser,
            BeganAt = now,
            LastSeenAt = now,
            EndsAt = now + (start.Reason is null ? options.SessionTime : options.BreakGlassTime),
            Issuer = start.Issuer,
            ProviderSession = start.ProviderSession,
            BreakGlass = start.Reason,
        };
        Known known = new(session);
        all[session.Id] = known;
        Known[] surplus = [.. OpenOf(account.Id).OrderByDescending(k => k.Now.LastSeenAt).Skip(OpenPerAccountMax)];
        foreach (Known old in surplus)
        {
            old.Finish(SessionEnd.TooMany, now);
        }
        SessionBegan began = new(account.Id, session.Id, start.Method, start.Address, start.Reason);
        await SaveAsync([known, .. surplus], [Draft(began, session, account.Id)]).ConfigureAwait(false);
        return (session, key);
    }

    /// <summary>Goes on with a session of somebody whose credentials have just changed by their own hand; the key changes with them.</summary>
    /// <returns>The new key, or null when there is no such session.</returns>
    public async Task<(Session Session, string Key)?> RenewAsync(SessionId id, Account account)
    {
        if (!all.TryGetValue(id, out Known? known) || known.Now.Account != account.Id)
        {
            return null;
        }
        string key = Secrets.NewToken();
        known.Renew(session =>
            session with
            {
                KeySha256 = Secrets.Sha256(key),
                Stamp = account.SecurityStamp,
                LastSeenAt = time.GetUtcNow(),
                EndedAt = null,
                End = null,
            }
        );
        await SaveAsync([known], []).ConfigureAwait(false);
        return (known.Now, key);
    }

    /// <summary>The session that a key opens for an account as it is now, or null.</summary>
    /// <param name="id">The session's name.</param>
    /// <param name="key">What the browser shows.</param>
    /// <param name="account">The account as it is now.</param>
    /// <param name="counts">Whether the request is a person's act and keeps the session from going idle.</param>
    public Session? Open(SessionId id, string key, Account account, bool counts)
    {
        if (!all.TryGetValue(id, out Known? known))
        {
            return null;
        }
        Session session = known.Now;
        if (session.Account != account.Id || !Secrets.SameText(session.KeySha256, Secrets.Sha256(key)))
        {
            return null;
        }
        DateTimeOffset now = time.GetUtcNow();
        if (EndOf(session, account, now) is { } end)
        {
            known.Finish(end, now);
            return null;
        }
        if (counts)
        {
            known.Seen(now);
        }
        return session;
    }

    /// <summary>All sessions of an account that are kept, open ones first, then by last use.</summary>
    public IReadOnlyList<Session> Of(ActorId account)
    {
        DateTimeOffset now = time.GetUtcNow();
        return
        [
            .. all
                .Values.Select(known => known.Now)
                .Where(session => session.Account == account)
                .OrderByDescending(session => IsOpen(session, now))
                .ThenByDescending(session => session.LastSeenAt),
        ];
    }

    /// <summary>Sessions of break-glass accounts that nobody else has acknowledged yet, newest first.</summary>
    public IReadOnlyList<Session> Unacknowledged =>
        [
            .. all
                .Values.Select(known => known.Now)
                .Where(session => session is { BreakGlass: not null, AcknowledgedBy: null })
                .OrderByDescending(session => session.BeganAt),
        ];

    /// <summary>By name, or null.</summary>
    public Session? Find(SessionId id) => all.TryGetValue(id, out Known? known) ? known.Now : null;

    /// <summary>Whether it is open at this moment, as far as its own times tell.</summary>
    public bool IsOpen(Session session) => IsOpen(session, time.GetUtcNow());

    /// <summary>Cancelled when the session ends: for answers that go on, such as streams.</summary>
    public CancellationToken Over(SessionId id) =>
        all.TryGetValue(id, out Known? known) ? known.Over : new CancellationToken(canceled: true);

    /// <summary>Ends sessions, each with a record. Those that are over already stay as they are.</summary>
    /// <returns>How many ended.</returns>
    public async Task<int> EndAsync(IEnumerable<SessionId> ids, SessionEnd end, ActorId actor)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<Known> ended = [];
        foreach (SessionId id in ids)
        {
            if (all.TryGetValue(id, out Known? known) && IsOpen(known.Now, now) && known.Finish(end, now))
            {
                ended.Add(known);
            }
        }
        if (ended.Count > 0)
        {
            await SaveAsync(
                    ended,
                    [.. ended.Select(k => Draft(new SessionEnded(k.Now.Account, k.Now.Id, end), k.Now, actor))]
                )
                .ConfigureAwait(false);
        }
        return ended.Count;
    }

    /// <summary>Ends all open sessions of an account but one.</summary>
    public Task<int> EndAllAsync(ActorId account, SessionId? but, SessionEnd end, ActorId actor) =>
        EndAsync(OpenOf(account).Select(known => known.Now.Id).Where(id => id != but), end, actor);

    /// <summary>Ends the sessions that an identity provider names: one by its own name, or all of a person.</summary>
    public Task<int> EndOfProviderAsync(string issuer, string? providerSession, ActorId? account) =>
        EndAsync(
            all.Values.Select(known => known.Now)
                .Where(s =>
                    s.Issuer == issuer
                    && (providerSession is null ? s.Account == account : s.ProviderSession == providerSession)
                )
                .Select(s => s.Id),
            SessionEnd.Provider,
            ActorId.Service
        );

    /// <summary>Notes that another person has acknowledged the use of a break-glass account, with the record of it; a conflict when somebody has already.</summary>
    public async Task<AppendOutcome> AcknowledgeAsync(Session session, BreakGlassAcknowledged record, ActorId actor)
    {
        await oneAtATime.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!all.TryGetValue(session.Id, out Known? known) || known.Now.AcknowledgedBy is not null)
            {
                return new AppendOutcome.Conflict($"account/{session.Account}", null);
            }
            RecordDraft draft = new(record, $"account/{session.Account}", actor, time.GetUtcNow());
            AppendOutcome outcome = await store
                .SaveAsync([known.Now with { AcknowledgedBy = actor }], [], [draft], CancellationToken.None)
                .ConfigureAwait(false);
            if (outcome is AppendOutcome.Appended)
            {
                known.Renew(now => now with { AcknowledgedBy = actor });
            }
            return outcome;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Stores last uses, ends what its time has ended, and forgets what is over for long.</summary>
    public async Task TidyAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        Dictionary<ActorId, Account> accountsNow = (
            await accounts.ListAsync(cancellation).ConfigureAwait(false)
        ).ToDictionary(account => account.Id);
        foreach (Known known in all.Values)
        {
            if (EndOf(known.Now, accountsNow.GetValueOrDefault(known.Now.Account), now) is { } end)
            {
                known.Finish(end, now);
            }
        }
        Session[] over =
        [
            .. all.Values.Select(k => k.Now).Where(s => s.EndedAt is not null && !Waits(s)).OrderBy(s => s.EndedAt),
        ];
        SessionId[] forgotten =
        [
            .. over.Where((s, i) => s.EndedAt < now - KeptTime || i < all.Count - KeptMax)
                // Whose person was erased, nothing is kept of: not when they came, nor from where.
                .Concat(
                    all.Values.Select(k => k.Now).Where(s => accountsNow.GetValueOrDefault(s.Account)?.IsErased == true)
                )
                .Select(s => s.Id)
                .Distinct(),
        ];
        foreach (SessionId id in forgotten)
        {
            all.TryRemove(id, out _);
        }
        await SaveAsync([.. all.Values.Where(known => known.Dirty)], [], forgotten).ConfigureAwait(false);
    }

    /// <summary>Stores what is left.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        accounts.Changed -= EndStale;
        await SaveAsync([.. all.Values.Where(known => known.Dirty)], []).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        oneAtATime.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(tidyTime, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            await TidyAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    // The use of a break-glass account stays until somebody has acknowledged it.
    private static bool Waits(Session session) => session is { BreakGlass: not null, AcknowledgedBy: null };

    private static RecordDraft Draft(RecordBody body, Session session, ActorId actor) =>
        new(body, $"account/{session.Account}", actor, session.EndedAt ?? session.BeganAt);

    private bool IsOpen(Session session, DateTimeOffset now) =>
        session.EndedAt is null && now < session.EndsAt && now < session.LastSeenAt + options.IdleTime;

    private SessionEnd? EndOf(Session session, Account? account, DateTimeOffset now) =>
        session.End
        ?? (
            now >= session.EndsAt ? SessionEnd.Expired
            : now >= session.LastSeenAt + options.IdleTime ? SessionEnd.Idle
            : account is null || account.Disabled || !Secrets.SameText(account.SecurityStamp, session.Stamp)
                ? SessionEnd.AccountChanged
            : null
        );

    private IEnumerable<Known> OpenOf(ActorId account)
    {
        DateTimeOffset now = time.GetUtcNow();
        return all.Values.Where(known => known.Now.Account == account && IsOpen(known.Now, now));
    }

    private void EndStale(Account account)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (Known known in OpenOf(account.Id))
        {
            if (EndOf(known.Now, account, now) is { } end)
            {
                known.Finish(end, now);
            }
        }
    }

    // The act has happened, whether or not the browser still waits for the answer.
    private async Task SaveAsync(
        IReadOnlyList<Known> changed,
        IReadOnlyList<RecordDraft> drafts,
        SessionId[]? forgotten = null
    )
    {
        if (changed.Count + drafts.Count + (forgotten?.Length ?? 0) == 0)
        {
            return;
        }
        await oneAtATime.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            Session[] now = [.. changed.Select(known => known.Clean())];
            AppendOutcome outcome = await store
                .SaveAsync(now, forgotten ?? [], drafts, CancellationToken.None)
                .ConfigureAwait(false);
            if (outcome is AppendOutcome.Refused unrecorded && drafts.Count > 0)
            {
                foreach (RecordDraft draft in drafts)
                {
                    LogUnrecorded(draft.Body.Type, draft.Actor, unrecorded.Reason);
                }
                outcome = await store.SaveAsync(now, forgotten ?? [], [], CancellationToken.None).ConfigureAwait(false);
            }
            if (outcome is AppendOutcome.Refused unsaved)
            {
                LogUnsaved(changed.Count, unsaved.Reason);
                foreach (Known known in changed)
                {
                    known.MakeDirty();
                }
            }
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>A session in memory: as it is now, whether the store knows it so, and who waits for its end.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle: nothing is held.")]
    private sealed class Known
    {
        private readonly Lock gate = new();
        private CancellationTokenSource over = new();
        private Session now;

        public Known(Session session)
        {
            now = session;
            if (session.EndedAt is not null)
            {
                over.Cancel();
            }
        }

        public Session Now => Volatile.Read(ref now);

        public bool Dirty { get; private set; }

        public CancellationToken Over
        {
            get
            {
                lock (gate)
                {
                    return over.Token;
                }
            }
        }

        public void Seen(DateTimeOffset at) =>
            Change(
                session => session.EndedAt is null && at > session.LastSeenAt,
                session => session with { LastSeenAt = at }
            );

        public bool Finish(SessionEnd end, DateTimeOffset at)
        {
            bool ended = Change(
                session => session.EndedAt is null,
                session => session with { EndedAt = at, End = end }
            );
            if (ended)
            {
                CancellationTokenSource source;
                lock (gate)
                {
                    source = over;
                }
                // Whoever waits must not hold up whoever ends it.
                _ = source.CancelAsync();
            }
            return ended;
        }

        public void Renew(Func<Session, Session> edit)
        {
            Change(_ => true, edit);
            lock (gate)
            {
                if (now.EndedAt is null && over.IsCancellationRequested)
                {
                    over = new CancellationTokenSource();
                }
            }
        }

        public void MakeDirty() => Dirty = true;

        public Session Clean()
        {
            lock (gate)
            {
                Dirty = false;
                return now;
            }
        }

        private bool Change(Func<Session, bool> may, Func<Session, Session> edit)
        {
            lock (gate)
            {
                if (!may(now))
                {
                    return false;
                }
                Volatile.Write(ref now, edit(now));
                Dirty = true;
                return true;
            }
        }
    }
}
