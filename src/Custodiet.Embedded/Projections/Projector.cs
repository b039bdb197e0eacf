using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>What it means when a record names an alert, case or run that is not there.</summary>
internal enum Unknown
{
    /// <summary>Whoever made the record made a mistake: it is not appended.</summary>
    IsABug,

    /// <summary>The record that made it was erased: what is left projects nothing.</summary>
    WasErased,
}

/// <summary>Turns each record into what stands: alerts, cases, runs, answers, verdicts and their counts.</summary>
internal sealed class Projector(Statements statements)
{
    private readonly AlertProjection alerts = new(statements);
    private readonly CaseProjection cases = new(statements);
    private readonly RunProjection runs = new(statements);
    private readonly VerdictProjection verdicts = new(statements);
    private readonly HashSet<string> concerned = new(StringComparer.Ordinal);
    private readonly Dictionary<AlertId, int> newFindings = [];

    /// <summary>The newest record of a stream or about it, or null.</summary>
    public long? LastIndex(string stream) => statements.Number("SELECT last_idx FROM stream WHERE name = $1", stream);

    /// <summary>Projects one record. Kinds that change nothing here only move their stream's end.</summary>
    /// <exception cref="InvalidOperationException">It names something unknown, and that is a bug.</exception>
    public void Apply(long index, SealedRecord record, RecordBody body, Unknown unknown)
    {
        concerned.Clear();
        concerned.Add(record.Stream);
        bool known = Project(new Projected(index, record), body);
        if (!known && unknown == Unknown.IsABug)
        {
            throw new InvalidOperationException(
                $"The record {record.Type} on {record.Stream} names an alert, case or run that is not in the store, or makes one that is: {body}"
            );
        }
        foreach (string stream in concerned)
        {
            Touch(stream, index);
        }
    }

    /// <summary>Says how many new findings an append brings to each alert; the records that name them take the numbers up.</summary>
    public void Expect(IReadOnlyDictionary<AlertId, int> findings)
    {
        newFindings.Clear();
        foreach ((AlertId alert, int number) in findings)
        {
            newFindings.Add(alert, number);
        }
        if (findings.Count > 0)
        {
            statements.Execute("UPDATE tally SET findings = findings + $1", (long)findings.Values.Sum());
        }
    }

    /// <summary>Drops all projections and makes them empty.</summary>
    public void Clear()
    {
        foreach (string table in Schema.ProjectedTables)
        {
            statements.Execute($"DROP TABLE {table}");
        }
        statements.Execute(Schema.Projected);
    }

    private bool Project(Projected record, RecordBody body) =>
        body switch
        {
            AlertRaised raised => alerts.Raise(record, raised, New(raised.Alert)) && Concerns(raised.Alert),
            AlertExtended extended => alerts.Extend(extended, New(extended.Alert)) && Concerns(extended.Alert),
            AlertAssigned assigned => alerts.Assign(assigned) && Concerns(assigned.Alert),
            CaseOpened opened => cases.Open(record, opened) && Join(record, opened.Case, opened.Alerts),
            CaseExtended extended => cases.Exists(extended.Case) && Join(record, extended.Case, extended.Alerts),
            CaseRestricted restricted => cases.Restrict(restricted) && Concerns(restricted.Case),
            CaseAssigned assigned => cases.Assign(assigned) && Concerns(assigned.Case),
            CaseStateChanged changed => cases.Change(record, changed) && Concerns(changed.Case),
            RunStarted started => runs.Start(record, started),
            AnswerGiven answer => runs.Answer(record, answer),
            VerdictGiven verdict => Judge(record, verdict),
            _ => true,
        };

    private bool Join(Projected record, CaseId id, IReadOnlyList<AlertId> members)
    {
        Concerns(id);
        bool known = true;
        for (int i = 0; i < members.Count; i++)
        {
            Concerns(members[i]);
            known &= alerts.Join(members[i], id, record.Index, i);
        }
        return known;
    }

    private bool Judge(Projected record, VerdictGiven verdict)
    {
        verdicts.Add(record, verdict);
        bool known = true;
        foreach (AlertId alert in verdict.Alerts.Distinct())
        {
            Concerns(alert);
            known &= verdicts.Judge(record, verdict, alert);
        }
        if (verdict.Case is { } id)
        {
            Concerns(id);
            known &= cases.Judge(record, id);
        }
        return known;
    }

    private int New(AlertId alert) => newFindings.Remove(alert, out int number) ? number : 0;

    private bool Concerns(AlertId alert) => Concerns($"alert/{alert}");

    private bool Concerns(CaseId id) => Concerns($"case/{id}");

    private bool Concerns(string stream)
    {
        concerned.Add(stream);
        return true;
    }

    // What a record is about moves on, whichever stream the record was drafted on: that is what an expectation checks.
    private void Touch(string stream, long index)
    {
        statements.Execute(
            "INSERT INTO stream(name, last_idx) VALUES($1, $2) ON CONFLICT(name) DO UPDATE SET last_idx = excluded.last_idx",
            stream,
            index
        );
        int slash = stream.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Guid.TryParseExact(stream.AsSpan(slash + 1), "D", out Guid id))
        {
            return;
        }
        switch (stream.AsSpan(0, slash))
        {
            case "alert":
                statements.Execute("UPDATE alert SET last_idx = $2 WHERE id = $1 AND last_idx <> $2", id.Blob(), index);
                break;
            case "case":
                statements.Execute("UPDATE incident SET last_idx = $2 WHERE id = $1", id.Blob(), index);
                break;
        }
    }
}

/// <summary>A record at its place in the ledger.</summary>
internal readonly record struct Projected(long Index, SealedRecord Record)
{
    public byte[] RecordId => Record.Id.Value.Blob();

    public string Actor => Record.Actor.Value;

    public long Occurred => Record.OccurredAt.UtcTicks;

    /// <summary>The day of recording, UTC, as <see cref="DateOnly.DayNumber"/>.</summary>
    public long Day => Record.RecordedAt.UtcTicks / TimeSpan.TicksPerDay;
}
