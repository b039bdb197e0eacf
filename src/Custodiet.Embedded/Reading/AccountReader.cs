using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Events;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads accounts, tokens, sessions and totals.</summary>
internal static class AccountReader
{
    public static List<Account> All(Statements statements) =>
        statements.Rows(
            "SELECT content FROM account ORDER BY name_folded",
            row => Columns.Parse<Account>(row.GetString(0))
        );

    public static Account? ById(Statements statements, ActorId id) =>
        statements.First(
            "SELECT content FROM account WHERE id = $1",
            row => Columns.Parse<Account>(row.GetString(0)),
            id.Value
        );

    public static Account? ByName(Statements statements, string name) =>
        statements.First(
            "SELECT content FROM account WHERE name_folded = $1",
            row => Columns.Parse<Account>(row.GetString(0)),
            Columns.Fold(name)
        );

    public static List<ApiToken> Tokens(Statements statements) =>
        statements.Rows(
            "SELECT content FROM token ORDER BY created DESC, id",
            row => Columns.Parse<ApiToken>(row.GetString(0))
        );

    public static ApiToken? TokenByHash(Statements statements, string sha256) =>
        statements.First(
            "SELECT content FROM token WHERE sha256 = $1",
            row => Columns.Parse<ApiToken>(row.GetString(0)),
            sha256
        );

    public static List<TokenUse> Uses(Statements statements) =>
        statements.Rows(
            "SELECT id, used, address FROM token_use",
            row => new TokenUse(new ActorId(row.GetString(0)), row.Time(1), row.TextOrNull(2))
        );

    public static List<Session> Sessions(Statements statements) =>
        statements.Rows("SELECT content FROM session ORDER BY id", row => Columns.Parse<Session>(row.GetString(0)));

    public static List<SourceStatistics> Sources(Statements statements) =>
        statements.Rows(
            "SELECT technology, sensor, parser, events, bytes, first_received, last_received, newest_event FROM source ORDER BY technology, sensor",
            row => new SourceStatistics(
                new SourceKey(row.GetString(0), row.GetString(1)),
                row.GetString(2),
                row.GetInt64(3),
                row.GetInt64(4),
                row.GetInt64(5),
                row.GetInt64(6),
                row.GetInt64(7)
            )
        );

    public static List<StageTotals> Stages(Statements statements) =>
        statements.Rows(
            "SELECT name, received, emitted, failed, dropped FROM stage ORDER BY name",
            row => new StageTotals(
                row.GetString(0),
                row.GetInt64(1),
                row.GetInt64(2),
                row.GetInt64(3),
                Columns.Parse<Dictionary<string, long>>(row.GetString(4))
            )
        );
}
