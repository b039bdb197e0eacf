using System.Security.Cryptography;
using System.Text;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>The contracts of one store under test.</summary>
public sealed record OpenedStore(
    IRecordStore Records,
    IJudgementReader Judgements,
    IAccountStore Accounts,
    ISessionStore Sessions,
    ITotalsStore Totals,
    IAsyncDisposable Owner
) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Owner.DisposeAsync();
}

/// <summary>Makes drafts and findings as a day in a SOC would, and appends them.</summary>
internal sealed class Scene(IRecordStore store, DateTimeOffset start)
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    public static readonly ActorId Ann = new("p-ann");
    public static readonly ActorId Bob = new("p-bob");
    public static readonly ProcessReference Triage = new("triage", "1.0.0", new string('a', 64));
    public static readonly Decision Benign = new(
        Verdict.Benign,
        "known-tool",
        Custodiet.Records.Judgement.Impact.Low,
        Confidence.High
    );
    public static readonly Decision TruePositive = new(Verdict.TruePositive, "intrusion", null, Confidence.Medium);

    private int made;

    public Scene(IRecordStore store)
        : this(store, Start) { }

    /// <summary>A sealer that keeps everything recognisable: the envelope is a digest of the body, the id counts.</summary>
    public static Sealer Sealer()
    {
        long next = 0;
        return (draft, recordedAt) =>
        {
            byte[] body = RecordBodyJson.Serialize(draft.Body);
            byte[] id = new byte[16];
            BitConverter.TryWriteBytes(id.AsSpan(8), Interlocked.Increment(ref next));
            SHA256.HashData(body).AsSpan(0, 8).CopyTo(id);
            return new SealedRecord(
                new RecordId(new Guid(id)),
                draft.Body.Type,
                draft.Stream,
                draft.Actor,
                draft.OccurredAt,
                recordedAt,
                draft.Supersedes,
                SHA256.HashData(body),
                new byte[16],
                body
            );
        };
    }

    public static Viewer Sees(ActorId actor) => new(actor, new HashSet<Role> { Role.Analyst });

    public static RecordDraft Draft(
        RecordBody body,
        string stream,
        ActorId? actor = null,
        RecordId? supersedes = null
    ) => new(body, stream, actor ?? Ann, Start.AddHours(1), supersedes);

    public Finding Finding(
        string rule = "r-1",
        string entity = "WS-041",
        Severity severity = Severity.Medium,
        DateTimeOffset? at = null,
        SourceKey? source = null,
        string? sourceRef = null,
        string? title = null
    )
    {
        int number = Interlocked.Increment(ref made);
        return new Finding(
            FindingId.Of(number, rule),
            new RuleReference(rule, title ?? $"Title of {rule}", new string('d', 64), "An Author"),
            severity,
            number,
            at ?? start.AddSeconds(number),
            source ?? new SourceKey("windows-sysmon", entity),
            new Entity("host", entity),
            [new FindingField("Image", @"C:\Windows\x.exe")],
            sourceRef,
            sourceRef is null ? null : $"https://siem.example/{sourceRef}",
            ["T1059.001"]
        );
    }

    public static FindingMember Member(Finding finding) => new(finding.Id, finding.EventOffset, finding.OccurredAt);

    public static (AlertId Id, AppendRequest Request) Raised(params IReadOnlyList<Finding> findings)
    {
        AlertId id = new(Guid.CreateVersion7(findings[0].OccurredAt));
        Finding first = findings[0];
        AlertRaised raised = new(
            id,
            $"{first.Rule.Id}|{first.Entity}",
            first.Rule,
            first.Severity,
            first.Source,
            first.Entity,
            first.Techniques ?? [],
            [.. findings.Select(Member)],
            first.SourceRef,
            first.Link
        );
        return (
            id,
            new AppendRequest { Drafts = [Draft(raised, $"alert/{id}", ActorId.Service)], Findings = findings }
        );
    }

    public async Task<AlertId> RaiseAsync(params IReadOnlyList<Finding> findings)
    {
        (AlertId id, AppendRequest request) = Raised(findings.Count == 0 ? [Finding()] : findings);
        await AppendedAsync(request);
        return id;
    }

    public async Task<AppendOutcome.Appended> AppendedAsync(AppendRequest request)
    {
        AppendOutcome outcome = await store.AppendAsync(request, TestContext.Current.CancellationToken);
        return Assert.IsType<AppendOutcome.Appended>(outcome);
    }

    public Task<AppendOutcome.Appended> AppendedAsync(params IReadOnlyList<RecordDraft> drafts) =>
        AppendedAsync(new AppendRequest { Drafts = drafts });

    public Task<AppendOutcome.Appended> ExtendAsync(AlertId alert, params IReadOnlyList<Finding> findings) =>
        AppendedAsync(
            new AppendRequest
            {
                Drafts = [Draft(new AlertExtended(alert, [.. findings.Select(Member)]), $"alert/{alert}")],
                Findings = findings,
            }
        );

    public async Task<CaseId> OpenAsync(ActorId? owner, params IReadOnlyList<AlertId> alerts)
    {
        CaseId id = new(Guid.CreateVersion7(Start));
        await AppendedAsync(Draft(new CaseOpened(id, "A case", Severity.High, alerts, owner), $"case/{id}"));
        return id;
    }

    public async Task<RunId> RunAsync(CaseId? id, params IReadOnlyList<AlertId> alerts)
    {
        RunId run = new(Guid.CreateVersion7(Start));
        await AppendedAsync(Draft(new RunStarted(run, Triage, id, alerts), $"run/{run}"));
        return run;
    }

    public Task<AppendOutcome.Appended> JudgeAsync(
        Decision decision,
        CaseId? id,
        IReadOnlyList<AlertId> alerts,
        RecordId? supersedes = null
    )
    {
        VerdictId verdict = new(Guid.CreateVersion7(Start));
        string stream =
            id is { } one ? $"case/{one}"
            : alerts.Count == 1 ? $"alert/{alerts[0]}"
            : $"verdict/{verdict}";
        VerdictGiven given = new(verdict, alerts, id, new RunId(Guid.CreateVersion7(Start)), Triage, decision);
        return AppendedAsync(Draft(given, stream, Ann, supersedes));
    }

    public static AnswerGiven Answer(RunId run, string question, string text) =>
        new(
            run,
            Triage,
            "look",
            question,
            QuestionKind.Judgement,
            new AnswerValue("text", text),
            new AnswerOrigin("person", null, null)
        );

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
