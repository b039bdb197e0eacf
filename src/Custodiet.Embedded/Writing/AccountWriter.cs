using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>Saves accounts and tokens together with the records of the change.</summary>
internal static class AccountWriter
{
    public static AppendOutcome Save(RecordAppender appender, Account account, IReadOnlyList<RecordDraft> drafts)
    {
        string folded = Columns.Fold(account.Name);
        if (
            appender.Statements.Number(
                "SELECT 1 FROM account WHERE name_folded = $1 AND id <> $2",
                folded,
                account.Id.Value
            )
            is not null
        )
        {
            return new AppendOutcome.Conflict($"account-name/{account.Name}", null);
        }
        appender.Statements.Execute(
            "INSERT INTO account(id, name_folded, content) VALUES($1, $2, $3) ON CONFLICT(id) DO UPDATE SET name_folded = excluded.name_folded, content = excluded.content",
            account.Id.Value,
            folded,
            Columns.Json(account)
        );
        return appender.Append(drafts);
    }

    public static AppendOutcome Save(RecordAppender appender, ApiToken token, IReadOnlyList<RecordDraft> drafts)
    {
        appender.Statements.Execute(
            "INSERT INTO token(id, sha256, created, content) VALUES($1, $2, $3, $4) ON CONFLICT(id) DO UPDATE SET sha256 = excluded.sha256, created = excluded.created, content = excluded.content",
            token.Id.Value,
            token.Sha256,
            token.CreatedAt.UtcTicks,
            Columns.Json(token)
        );
        return appender.Append(drafts);
    }

    public static AppendOutcome Note(RecordAppender appender, IReadOnlyList<TokenUse> uses)
    {
        foreach (TokenUse use in uses)
        {
            appender.Statements.Execute(
                "INSERT INTO token_use(id, used, address) VALUES($1, $2, $3) ON CONFLICT(id) DO UPDATE SET used = excluded.used, address = excluded.address",
                use.Token.Value,
                use.UsedAt.UtcTicks,
                use.Address
            );
        }
        return appender.Append([]);
    }
}
