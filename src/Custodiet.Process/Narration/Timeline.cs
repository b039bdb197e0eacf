using System.Text.Json;
using Custodiet.Process.Definitions;
using Custodiet.Process.Facts;
using Custodiet.Process.Runs;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Narration;

/// <summary>One thing that happened.</summary>
/// <param name="Text">A predicate: «answered …», to be read after the actor's name.</param>
/// <param name="At">When it happened.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="By">Who.</param>
/// <param name="Index">The record's place in the ledger.</param>
/// <param name="Type">The record's type.</param>
/// <param name="Corrects">Whether it supersedes an earlier record.</param>
public sealed record TimelineEntry(
    string Text,
    DateTimeOffset At,
    DateTimeOffset RecordedAt,
    ActorId By,
    long Index,
    string Type,
    bool Corrects
);

/// <summary>A timeline; when it was cut it says so.</summary>
/// <param name="Entries">Oldest first.</param>
/// <param name="Cut">Whether a stream has more records than were read.</param>
public sealed record TimelinePage(IReadOnlyList<TimelineEntry> Entries, bool Cut);

/// <summary>What happened to an alert or a case, in the order of the ledger, derived from its records.</summary>
/// <param name="store">Where records are read.</param>
/// <param name="processes">The definitions, for labels.</param>
public sealed class Timeline(IRecordStore store, ProcessLibrary processes)
{
    /// <summary>Records read of one stream: 500.</summary>
    public const int RecordsPerStreamMax = 500;

    /// <summary>Streams read for one timeline: 64.</summary>
    public const int StreamsMax = 64;

    /// <summary>The timeline of an alert that the viewer was allowed to read.</summary>
    public ValueTask<TimelinePage> OfAsync(Alert alert, IReadOnlyList<Run> runs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(alert);
        ArgumentNullException.ThrowIfNull(runs);
        List<string> streams = [Streams.Of(alert.Id)];
        streams.AddRange(runs.Select(run => Streams.Of(run.Id)));
        return ReadAsync(streams, alert.Verdict?.RecordId, cancellation);
    }

    /// <summary>The timeline of a case that the viewer was allowed to read, with its runs and alerts.</summary>
    public ValueTask<TimelinePage> OfAsync(Case item, IReadOnlyList<Run> runs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(runs);
        List<string> streams = [Streams.Of(item.Id)];
        streams.AddRange(runs.Select(run => Streams.Of(run.Id)));
        streams.AddRange(item.Alerts.Select(Streams.Of));
        return ReadAsync(streams, item.Verdict?.RecordId, cancellation);
    }

    private async ValueTask<TimelinePage> ReadAsync(
        List<string> streams,
        RecordId? verdict,
        CancellationToken cancellation
    )
    {
        bool cut = streams.Count > StreamsMax;
        SortedDictionary<long, StoredRecord> records = [];
        foreach (string stream in streams.Take(StreamsMax))
        {
            IReadOnlyList<StoredRecord> some = await store
                .ReadStreamAsync(stream, RecordsPerStreamMax, cancellation)
                .ConfigureAwait(false);
            cut |= some.Count >= RecordsPerStreamMax;
            foreach (StoredRecord record in some)
            {
                records[record.Index] = record;
            }
        }
        // A verdict on many alerts stands in its run's stream, which an alert does not name.
        if (verdict is { } id && await store.FindAsync(id, cancellation).ConfigureAwait(false) is { } judged)
        {
            records[judged.Index] = judged;
        }
        return new TimelinePage([.. records.Values.Select(Entry)], cut);
    }

    private TimelineEntry Entry(StoredRecord record)
    {
        SealedRecord what = record.Sealed;
        string text = what.Body.IsEmpty ? "did something whose content was erased" : Words(what);
        return new TimelineEntry(
            text,
            what.OccurredAt,
            what.RecordedAt,
            what.Actor,
            record.Index,
            what.Type,
            what.Supersedes is not null
        );
    }

    private string Words(SealedRecord record)
    {
        try
        {
            return Words(RecordBodyJson.Deserialize(record.Body.Span), record.Supersedes is not null);
        }
        catch (JsonException)
        {
            // A record of a later version: the ledger stays readable although this version cannot put it into words.
            return $"recorded {record.Type}, which this version does not know";
        }
    }

    private string Words(RecordBody body, bool corrects) =>
        body switch
        {
            AlertRaised raised =>
                $"raised the alert «{raised.Rule.Title}» on {raised.Entity.Name} from {Findings(raised.Findings)}",
            AlertExtended extended => $"added {Findings(extended.Findings)}",
            AlertAssigned { Assignee: null } => "put the alert back",
            AlertAssigned assigned => $"gave the alert to {assigned.Assignee}",
            CaseOpened opened => $"opened the case «{opened.Title}» on {Counted.Of(opened.Alerts.Count, "alert")}",
            CaseExtended extended => $"added {Counted.Of(extended.Alerts.Count, "alert")} to the case",
            CaseRestricted { People.Count: 0 } => "lifted the restriction of the case",
            CaseRestricted restricted =>
                $"restricted the case to {Counted.Of(restricted.People.Count, "person", "people")}",
            CaseAssigned { Owner: null } => "gave the case to nobody",
            CaseAssigned assigned => $"gave the case to {assigned.Owner}",
            CaseStateChanged changed => $"set the case to {State(changed.State)}",
            RunStarted started => $"began process {started.Process.Id} {started.Process.Version}",
            AnswerGiven given => Answer(given, corrects),
            VerdictGiven given => Judged(given, corrects),
            _ => $"recorded {body.Type}",
        };

    private string Answer(AnswerGiven given, bool corrects)
    {
        Question? question = processes.Find(given.Process)?.Find(given.Question);
        string asked = question?.Text ?? given.Question;
        string words = AnswerWords.Of(question, given.Value);
        string act =
            corrects ? "corrected the answer to"
            : given.Origin.FilledBy == "platform" ? "accepted the fact for"
            : "answered";
        return $"{act} «{asked}» with «{words}»";
    }

    private string Judged(VerdictGiven given, bool corrects)
    {
        string decision = DecisionWords.Of(processes.Find(given.Process)?.Verdict, given.Decision);
        string members = given.Alerts.Count == 1 ? "" : $", {Counted.Of(given.Alerts.Count, "alert")} at once";
        return $"{(corrects ? "corrected the verdict to" : "judged")} {decision}{members}";
    }

    private static string Findings(IReadOnlyList<FindingMember> members)
    {
        TimeSpan span =
            members.Count == 0
                ? TimeSpan.Zero
                : members.Max(member => member.OccurredAt) - members.Min(member => member.OccurredAt);
        string count = Counted.Of(members.Count, "finding");
        return span < TimeSpan.FromSeconds(1) ? count : $"{count} over {Duration.InWords(span)}";
    }

    private static string State(CaseState state) =>
        state switch
        {
            CaseState.InProgress => "in progress",
            CaseState.OnHold => "on hold",
            _ => state.ToString().ToLowerInvariant(),
        };
}
