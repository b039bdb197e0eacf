using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads the series of balances.</summary>
internal static class BalanceReader
{
    public static BalanceMark? Mark(Statements statements) =>
        statements.First("SELECT content FROM balance_mark", row => Columns.Parse<BalanceMark>(row.GetString(0)));

    public static List<BalanceSpan> Spans(
        Statements statements,
        BalanceResolution resolution,
        DateTimeOffset from,
        DateTimeOffset to
    ) =>
        statements.Rows(
            "SELECT at, content FROM balance WHERE resolution = $1 AND at >= $2 AND at < $3 ORDER BY at",
            row =>
                Columns.Parse<BalanceSpan>(row.GetString(1)) with
                {
                    At = DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(0)),
                },
            (long)resolution,
            from.ToUnixTimeSeconds(),
            to.ToUnixTimeSeconds()
        );
}
