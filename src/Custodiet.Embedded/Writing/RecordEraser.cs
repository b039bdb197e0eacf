using System.Text;
using System.Text.Json;
using Custodiet.Embedded.Reading;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Embedded.Writing;

/// <summary>What an erasure finds in the records.</summary>
/// <param name="Records">Records whose body names the person, by type.</param>
/// <param name="Findings">Findings that do.</param>
/// <param name="Accounts">Accounts whose name is one of the identifiers.</param>
public sealed record NamedInRecords(IReadOnlyDictionary<string, int> Records, int Findings, int Accounts)
{
    /// <summary>Records of all types.</summary>
    public int RecordCount => Records.Values.Sum();
}

/// <summary>
/// Erases a person from records and findings. A body goes with its salt, so that its digest can no longer be tried out; what it said apart
/// from the person becomes a record of its own. The envelope, and with it every proof, stays as it is.
/// </summary>
internal static class RecordEraser
{
    private const int RowsPerChunk = 1_000;

    /// <summary>Counts, and changes nothing.</summary>
    public static NamedInRecords Count(Statements statements, PersonText person)
    {
        SortedDictionary<string, int> records = new(StringComparer.Ordinal);
        foreach ((long _, string type, byte[] _) in Bodies(statements, person, long.MaxValue))
        {
            records[type] = records.GetValueOrDefault(type) + 1;
        }
        return new NamedInRecords(records, Findings(statements, person).Count(), Accounts(statements, person).Count);
    }

    /// <summary>Erases, within the writer's transaction, and makes all projections anew.</summary>
    public static NamedInRecords Erase(
        RecordAppender appender,
        PersonText person,
        string erasure,
        ActorId actor,
        DateTimeOffset now
    )
    {
        Statements statements = appender.Statements;
        SortedDictionary<string, int> records = new(StringComparer.Ordinal);
        // What the erasure itself records lies behind this end and does not name the person.
        long end = appender.Count;
        foreach ((long index, string type, byte[] body) in Bodies(statements, person, end))
        {
            byte[] id = statements.First(
                "SELECT id FROM record WHERE idx = $1",
                r => r.GetFieldValue<byte[]>(0),
                index
            )!;
            statements.Execute("UPDATE record SET salt = NULL, body = NULL WHERE idx = $1", index);
            RecordId erased = new(new Guid(id, bigEndian: true));
            RecordErased left = new(erased, index, erasure, Remainder(person, body));
            appender.Append([
                new RecordDraft(left, RecordReader.RemainderStream(index), actor, now, Supersedes: erased),
            ]);
            records[type] = records.GetValueOrDefault(type) + 1;
        }
        int findings = 0;
        foreach ((long sequence, string content) in Findings(statements, person))
        {
            statements.Execute(
                "UPDATE finding SET content = $2, source_ref = CASE WHEN $3 THEN NULL ELSE source_ref END WHERE seq = $1",
                sequence,
                Encoding.UTF8.GetString(person.TakeOut(Encoding.UTF8.GetBytes(content))),
                SourceRefNames(statements, sequence, person) ? 1L : 0L
            );
            findings++;
        }
        List<Account> accounts = Accounts(statements, person);
        foreach (Account account in accounts)
        {
            AccountWriter.Save(appender, account.Erase(), []);
            SessionWriter.Forget(appender.Statements, account.Id);
        }
        if (records.Count > 0 || findings > 0)
        {
            appender.Rebuild();
        }
        return new NamedInRecords(records, findings, accounts.Count);
    }

    private static RecordBody? Remainder(PersonText person, byte[] body)
    {
        try
        {
            return RecordBodyJson.Deserialize(person.TakeOut(body));
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException)
        {
            // The person's identifier is part of what the body is made of, or the body is of a version unknown here: nothing is left.
            return null;
        }
    }

    private static IEnumerable<(long Index, string Type, byte[] Body)> Bodies(
        Statements statements,
        PersonText person,
        long end
    )
    {
        long next = 0;
        while (true)
        {
            List<(long Index, string Type, byte[] Body)> chunk = statements.Rows(
                "SELECT idx, type, body FROM record WHERE idx >= $1 AND idx < $2 AND body IS NOT NULL ORDER BY idx LIMIT $3",
                r => (r.GetInt64(0), r.GetString(1), r.GetFieldValue<byte[]>(2)),
                next,
                end,
                (long)RowsPerChunk
            );
            if (chunk.Count == 0)
            {
                yield break;
            }
            foreach ((long Index, string Type, byte[] Body) row in chunk)
            {
                if (person.IsIn(row.Body))
                {
                    yield return row;
                }
            }
            next = chunk[^1].Index + 1;
        }
    }

    private static IEnumerable<(long Sequence, string Content)> Findings(Statements statements, PersonText person)
    {
        long after = 0;
        while (true)
        {
            List<(long Sequence, string Content)> chunk = statements.Rows(
                "SELECT seq, content FROM finding WHERE seq > $1 ORDER BY seq LIMIT $2",
                r => (r.GetInt64(0), r.GetString(1)),
                after,
                (long)RowsPerChunk
            );
            if (chunk.Count == 0)
            {
                yield break;
            }
            foreach ((long Sequence, string Content) row in chunk)
            {
                if (person.IsIn(Encoding.UTF8.GetBytes(row.Content)))
                {
                    yield return row;
                }
            }
            after = chunk[^1].Sequence;
        }
    }

    private static bool SourceRefNames(Statements statements, long sequence, PersonText person) =>
        statements.First(
            "SELECT source_ref FROM finding WHERE seq = $1 AND source_ref IS NOT NULL",
            r => r.GetString(0),
            sequence
        )
            is { } reference
        && person.IsIn(reference);

    private static List<Account> Accounts(Statements statements, PersonText person) =>
        [
            .. AccountReader
                .All(statements)
                .Where(account => person.Identifiers.Contains(account.Name, StringComparer.OrdinalIgnoreCase)),
        ];
}
