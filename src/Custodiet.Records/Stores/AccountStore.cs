using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Records.Stores;

/// <summary>Accounts and tokens. A change and the record of it become durable together.</summary>
public interface IAccountStore
{
    /// <summary>All accounts, by name.</summary>
    ValueTask<IReadOnlyList<Account>> AccountsAsync(CancellationToken cancellation);

    /// <summary>By pseudonym.</summary>
    ValueTask<Account?> AccountAsync(ActorId id, CancellationToken cancellation);

    /// <summary>By sign-in name, ignoring case.</summary>
    ValueTask<Account?> AccountByNameAsync(string name, CancellationToken cancellation);

    /// <summary>Inserts or replaces; a name that another account has is a <see cref="AppendOutcome.Conflict"/> on stream <c>account-name/NAME</c>.</summary>
    ValueTask<AppendOutcome> SaveAsync(
        Account account,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    );

    /// <summary>All tokens, newest first.</summary>
    ValueTask<IReadOnlyList<ApiToken>> TokensAsync(CancellationToken cancellation);

    /// <summary>By the SHA-256 of its text, lower-case hex.</summary>
    ValueTask<ApiToken?> TokenByHashAsync(string sha256, CancellationToken cancellation);

    /// <summary>Inserts or replaces.</summary>
    ValueTask<AppendOutcome> SaveAsync(
        ApiToken token,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    );

    /// <summary>When each token was last used; one that never was is missing.</summary>
    ValueTask<IReadOnlyList<TokenUse>> TokenUsesAsync(CancellationToken cancellation);

    /// <summary>Notes the last use of tokens. No record: it is refused only by a failing disk.</summary>
    ValueTask<AppendOutcome> NoteUsesAsync(IReadOnlyList<TokenUse> uses, CancellationToken cancellation);
}
