using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>Who may do something: these people, a token with this scope, or a program on the same machine.</summary>
/// <param name="Name">The policy's name, as endpoints and pages state it.</param>
/// <param name="Roles">Any of these roles is enough.</param>
/// <param name="Scope">The scope that a token limited to scopes must have; null keeps such tokens out.</param>
/// <param name="LoopbackToo">Whether a caller on the same machine needs no account.</param>
/// <param name="PeopleOnly">Whether tokens are kept out whatever their role.</param>
internal sealed record Policy(
    string Name,
    IReadOnlyList<Role> Roles,
    string? Scope = null,
    bool LoopbackToo = false,
    bool PeopleOnly = false
)
{
    /// <summary>Whether these roles, narrowed by these scopes, are enough. No scopes narrow nothing.</summary>
    public bool Allows(IReadOnlySet<Role> roles, IReadOnlySet<string> scopes) =>
        Roles.Any(roles.Contains) && (scopes.Count == 0 || (Scope is not null && scopes.Contains(Scope)));
}

/// <summary>The names of all policies. Every route states one; a route that states none is closed.</summary>
internal static class Policies
{
    /// <summary>See the queue, cases, sources and analytics: everybody who can sign in.</summary>
    public const string Read = "read";

    /// <summary>Judge alerts and work cases: analyst, lead.</summary>
    public const string Judge = "judge";

    /// <summary>Change sources, content and operations: engineer, lead.</summary>
    public const string Operate = "operate";

    /// <summary>Restrict cases, approve: lead.</summary>
    public const string Lead = "lead";

    /// <summary>Place and lift holds, erase a person's data: lead, admin.</summary>
    public const string Preserve = "preserve";

    /// <summary>Read evidence: auditor, lead, admin, engineer.</summary>
    public const string Audit = "audit";

    /// <summary>Manage accounts: admin.</summary>
    public const string Administer = "administer";

    /// <summary>Manage tokens: admin, engineer.</summary>
    public const string ManageTokens = "manage-tokens";

    /// <summary>Acknowledge the use of a break-glass account: lead, admin, but no token.</summary>
    public const string Acknowledge = "acknowledge";

    /// <summary>Manage one's own account: everybody who can sign in, but no token.</summary>
    public const string Self = "self";

    /// <summary>Send events: engineer, or scope <c>events:write</c>.</summary>
    public const string EventsWrite = "events-write";

    /// <summary>Send findings: engineer, or scope <c>findings:write</c>.</summary>
    public const string FindingsWrite = "findings-write";

    /// <summary>Ask the datasets: everybody but pure administrators, or scope <c>query:read</c>.</summary>
    public const string QueryRead = "query-read";

    /// <summary>Read tiles, checkpoints and proofs: everybody, scope <c>ledger:read</c>, or a caller on the same machine.</summary>
    public const string LedgerRead = "ledger-read";

    /// <summary>Scrape metrics: everybody, scope <c>metrics:read</c>, or a caller on the same machine.</summary>
    public const string Metrics = "metrics";

    private static readonly Role[] everybody = [Role.Analyst, Role.Engineer, Role.Lead, Role.Auditor, Role.Admin];

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<Policy> All =
    [
        new(Read, everybody),
        new(Judge, [Role.Analyst, Role.Lead]),
        new(Operate, [Role.Engineer, Role.Lead]),
        new(Lead, [Role.Lead]),
        new(Preserve, [Role.Lead, Role.Admin]),
        new(Audit, [Role.Auditor, Role.Lead, Role.Admin, Role.Engineer]),
        new(Administer, [Role.Admin]),
        new(ManageTokens, [Role.Admin, Role.Engineer]),
        new(Acknowledge, [Role.Lead, Role.Admin], PeopleOnly: true),
        new(Self, everybody, PeopleOnly: true),
        new(EventsWrite, [Role.Engineer], Scopes.EventsWrite),
        new(FindingsWrite, [Role.Engineer], Scopes.FindingsWrite),
        new(QueryRead, [Role.Analyst, Role.Engineer, Role.Lead, Role.Auditor], Scopes.QueryRead),
        new(LedgerRead, everybody, Scopes.LedgerRead, LoopbackToo: true),
        new(Metrics, everybody, Scopes.MetricsRead, LoopbackToo: true),
    ];
}

/// <summary>What a token can be limited to.</summary>
internal static class Scopes
{
    /// <summary>Send events.</summary>
    public const string EventsWrite = "events:write";

    /// <summary>Send findings.</summary>
    public const string FindingsWrite = "findings:write";

    /// <summary>Ask the datasets.</summary>
    public const string QueryRead = "query:read";

    /// <summary>Read the ledger.</summary>
    public const string LedgerRead = "ledger:read";

    /// <summary>Scrape metrics.</summary>
    public const string MetricsRead = "metrics:read";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [EventsWrite, FindingsWrite, QueryRead, LedgerRead, MetricsRead];

    /// <summary>Whether a token of this role could ever use the scope: a scope narrows a role, it never widens it.</summary>
    public static bool FitsRole(string scope, Role role) =>
        Policies.All.Any(policy => policy.Scope == scope && policy.Roles.Contains(role));
}
