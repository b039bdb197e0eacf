using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Configuration;
using Custodiet.Inputs;
using Custodiet.Outputs;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Retention;

namespace Custodiet.Cli;

/// <summary>What was taken of a batch.</summary>
/// <param name="Accepted">Events in the queue now.</param>
/// <param name="FirstOffset">Offset of the first.</param>
/// <param name="Repeated">Whether the batch was there already.</param>
/// <param name="Rejected">Lines rejected, with reasons; at most 1,000 are listed.</param>
/// <param name="RejectedCount">How many lines were rejected.</param>
internal sealed record IngestAnswer(
    int Accepted,
    long FirstOffset,
    bool Repeated,
    IReadOnlyList<RejectedLine> Rejected,
    int RejectedCount
);

/// <summary>A line that could not be framed or is too large.</summary>
internal sealed record RejectedLine(long Line, string Reason);

/// <summary>How far the stream has come.</summary>
internal sealed record StreamStatus(
    string Version,
    long NextOffset,
    long AnalysedTo,
    long ArchivedTo,
    long QueueBytes,
    long QueueBytesMax,
    string? QueueFailure,
    long LedgerSize,
    long Records,
    IReadOnlyList<StageTotals> Stages,
    IReadOnlyList<InputStatus> Inputs,
    IReadOnlyList<RouteStatus> Routes
);

/// <summary>
/// What commands ask of a data folder: of the server that runs on it, over its socket or its address, or, when none runs, of the
/// folder itself under its lock.
/// </summary>
internal interface ISession : IAsyncDisposable
{
    /// <summary>Who answers, in words for messages.</summary>
    string Where { get; }

    /// <summary>Sends newline-delimited events as one atomic batch. Waits and repeats while the queue pushes back.</summary>
    Task<IngestAnswer> IngestAsync(Memory<byte> lines, string key, CancellationToken cancellation);

    /// <summary>How far the stream has come.</summary>
    Task<StreamStatus> StatusAsync(CancellationToken cancellation);

    /// <summary>Runs a query.</summary>
    Task<QueryOutcome> QueryAsync(string sql, QueryLimits limits, CancellationToken cancellation);

    /// <summary>Writes a query's answer to a Parquet file.</summary>
    Task<QueryOutcome> ExportAsync(string sql, string file, QueryLimits limits, CancellationToken cancellation);

    /// <summary>Adds an account; answers the one-time code with which its owner sets a password, or the code to seal.</summary>
    Task<string> AddAccountAsync(AccountRequest request, CancellationToken cancellation);

    /// <summary>All accounts.</summary>
    Task<IReadOnlyList<AccountLine>> AccountsAsync(CancellationToken cancellation);

    /// <summary>Changes an account: <c>disable</c>, <c>enable</c>, <c>recover</c> and <c>seal</c> (answer a code), <c>roles</c>, <c>sign-out</c>, <c>owner</c> or <c>expires</c>.</summary>
    Task<string?> ChangeAccountAsync(AccountRequest request, string change, CancellationToken cancellation);

    /// <summary>Issues a token and answers its text, once.</summary>
    Task<string> AddTokenAsync(TokenRequest request, CancellationToken cancellation);

    /// <summary>Changes a token: <c>rotate</c> (answers the new one's text, once) or <c>assign</c>.</summary>
    Task<string?> ChangeTokenAsync(
        string id,
        string change,
        TokenChangeRequest request,
        CancellationToken cancellation
    );

    /// <summary>All tokens.</summary>
    Task<IReadOnlyList<TokenLine>> TokensAsync(CancellationToken cancellation);

    /// <summary>Revokes a token by its id.</summary>
    Task RevokeTokenAsync(string id, CancellationToken cancellation);

    /// <summary>The policy of retention, the archive's size, the disk.</summary>
    Task<RetentionStatus> RetentionAsync(CancellationToken cancellation);

    /// <summary>Applies the policy now.</summary>
    Task<RetentionOutcome> RetainAsync(CancellationToken cancellation);

    /// <summary>All holds.</summary>
    Task<IReadOnlyList<Hold>> HoldsAsync(CancellationToken cancellation);

    /// <summary>Places a hold.</summary>
    Task<Hold> PlaceHoldAsync(HoldRequest request, CancellationToken cancellation);

    /// <summary>Lifts a hold, by id or name.</summary>
    Task<Hold> LiftHoldAsync(string hold, CancellationToken cancellation);

    /// <summary>Erases a person's data, or only counts it.</summary>
    Task<ErasureAnswer> EraseAsync(ErasureRequest request, bool preview, CancellationToken cancellation);

    /// <summary>The names of the encrypted secrets.</summary>
    Task<IReadOnlyList<SecretLine>> SecretsAsync(CancellationToken cancellation);

    /// <summary>Sets an encrypted secret.</summary>
    Task SetSecretAsync(string name, ReadOnlyMemory<byte> value, CancellationToken cancellation);

    /// <summary>Removes an encrypted secret.</summary>
    Task RemoveSecretAsync(string name, CancellationToken cancellation);

    /// <summary>The <c>.tlog-proof</c> of a record, by id or index.</summary>
    Task<string> ProveAsync(string record, CancellationToken cancellation);
}

/// <summary>An account as commands list it.</summary>
internal sealed record AccountLine(
    string Id,
    string Name,
    IReadOnlyList<string> Roles,
    bool Disabled,
    bool TwoFactor,
    AccountKind Kind,
    int Passkeys,
    bool Provider,
    string? Owner,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? SealedAt
);

/// <summary>A token as commands list it.</summary>
internal sealed record TokenLine(
    string Id,
    string Name,
    string Role,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    string? Owner,
    DateTimeOffset? LastUsedAt
);
