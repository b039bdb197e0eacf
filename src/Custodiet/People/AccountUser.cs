using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>
/// An account while Identity works on it. Identity sets fields and saves later; in between somebody else may have
/// disabled the account. So the fields are kept as edits, and the store applies them to the account as it is by then.
/// </summary>
internal sealed class AccountUser(Account account)
{
    private readonly List<Func<Account, Account>> edits = [];

    /// <summary>The account with the edits so far.</summary>
    public Account Account { get; private set; } = account;

    /// <summary>Notes an edit.</summary>
    public void Edit(Func<Account, Account> edit)
    {
        edits.Add(edit);
        Account = edit(Account);
    }

    /// <summary>All edits on top of another state of the account.</summary>
    public Account Rebase(Account current) => edits.Aggregate(current, (account, edit) => edit(account));

    /// <summary>The edits are durable.</summary>
    public void Saved(Account now)
    {
        edits.Clear();
        Account = now;
    }
}
