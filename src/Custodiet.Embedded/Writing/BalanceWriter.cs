using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>Adds to the series of balances, within the writer's transaction.</summary>
internal static class BalanceWriter
{
    public static AppendOutcome Save(RecordAppender appender, IReadOnlyList<BalanceSpan> spans, BalanceMark mark)
    {
        Statements statements = appender.Statements;
        foreach (BalanceSpan span in spans)
        {
            Add(statements, BalanceResolution.Minute, span);
            Add(statements, BalanceResolution.Hour, span);
        }
        Prune(statements, BalanceResolution.Minute, IBalanceStore.MinutesMax);
        Prune(statements, BalanceResolution.Hour, IBalanceStore.HoursMax);
        statements.Execute("INSERT OR REPLACE INTO balance_mark(one, content) VALUES(1, $1)", Columns.Json(mark));
        return appender.Append([]);
    }

    private static void Add(Statements statements, BalanceResolution resolution, BalanceSpan span)
    {
        long length = (long)resolution;
        long seconds = span.At.ToUnixTimeSeconds();
        long at = seconds - (((seconds % length) + length) % length);
        BalanceSpan? before = statements.First(
            "SELECT content FROM balance WHERE resolution = $1 AND at = $2",
            row => Columns.Parse<BalanceSpan>(row.GetString(0)),
            length,
            at
        );
        statements.Execute(
            "INSERT OR REPLACE INTO balance(resolution, at, content) VALUES($1, $2, $3)",
            length,
            at,
            Columns.Json((before ?? new BalanceSpan()).With(span, (int)length))
        );
    }

    private static void Prune(Statements statements, BalanceResolution resolution, int rowsMax) =>
        statements.Execute(
            """
            DELETE FROM balance WHERE resolution = $1
              AND at < (SELECT at FROM balance WHERE resolution = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)
            """,
            (long)resolution,
            (long)rowsMax - 1
        );
}
