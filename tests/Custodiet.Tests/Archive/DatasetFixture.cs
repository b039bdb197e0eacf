using System.Globalization;
using Custodiet.Archive;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

/// <summary>An archive, records in memory, and datasets over both.</summary>
internal sealed class DatasetFixture : IAsyncDisposable
{
    private static readonly ProcessReference triage = new("triage", "1.0.0", "aa");
    private int made;

    private DatasetFixture(ArchiveFixture files, ParquetArchive archive)
    {
        Files = files;
        Archive = archive;
    }

    public ArchiveFixture Files { get; }

    public ParquetArchive Archive { get; }

    public MemoryRecords Records { get; } = new();

    public Datasets Datasets { get; private set; } = null!;

    public string Folder => Path.Combine(Files.Folder, "datasets");

    public static Viewer Person(string actor) => new(new ActorId(actor), new HashSet<Role> { Role.Analyst });

    public static async Task<DatasetFixture> CreateAsync(DatasetOptions? options = null)
    {
        ArchiveFixture files = new();
        DatasetFixture fixture = new(files, await files.OpenAsync());
        await fixture.OpenAsync(options);
        return fixture;
    }

    public async Task OpenAsync(DatasetOptions? options = null) =>
        Datasets = await Custodiet.Archive.Datasets.OpenAsync(
            Folder,
            Archive,
            Records,
            Records,
            Records,
            TimeProvider.System,
            options,
            ArchiveFixture.Cancellation
        );

    public ValueTask<QueryOutcome> RunAsync(string sql, Viewer? viewer = null, QueryLimits? limits = null) =>
        Datasets.QueryAsync(sql, limits ?? QueryLimits.Default, viewer ?? Person("p-1"), ArchiveFixture.Cancellation);

    public async Task<QueryAnswer> AnswerAsync(string sql, Viewer? viewer = null, QueryLimits? limits = null)
    {
        QueryOutcome outcome = await RunAsync(sql, viewer, limits);
        Assert.True(outcome is QueryOutcome.Answered, (outcome as QueryOutcome.Refused)?.Reason);
        return ((QueryOutcome.Answered)outcome).Answer;
    }

    /// <summary>The answer's rows as text.</summary>
    public async Task<string[]> RowsAsync(string sql, Viewer? viewer = null) =>
        [.. (await AnswerAsync(sql, viewer)).Rows.Select(r => string.Join('|', r.Select(Show)))];

    public async Task<string> RefusedAsync(string sql, Viewer? viewer = null, QueryLimits? limits = null) =>
        Assert.IsType<QueryOutcome.Refused>(await RunAsync(sql, viewer, limits)).Reason;

    public AlertId Raise(string rule = "rule-a", string host = "ws-1")
    {
        made++;
        AlertId id = new(Guid.CreateVersion7(ArchiveFixture.Start.AddSeconds(made)));
        Finding finding = new(
            FindingId.Of(made, rule),
            new RuleReference(rule, $"Title of {rule}", "digest", "author"),
            Severity.High,
            made,
            ArchiveFixture.Start.AddMinutes(made),
            new SourceKey("windows-sysmon", host),
            new Entity("host", host),
            [new FindingField("Image", $"secret-{made}"), new FindingField("User", "u")],
            Techniques: ["T1059.001"]
        );
        Records.Add(
            new AlertRaised(
                id,
                $"{rule}/{host}",
                finding.Rule,
                finding.Severity,
                finding.Source,
                finding.Entity,
                finding.Techniques ?? [],
                [new FindingMember(finding.Id, finding.EventOffset, finding.OccurredAt)],
                null,
                null
            ),
            $"alert/{id}"
        );
        Records.Add(id, finding);
        return id;
    }

    public CaseId OpenCase(string title, params IReadOnlyList<AlertId> alerts)
    {
        CaseId id = new(Guid.CreateVersion7(ArchiveFixture.Start.AddSeconds(++made)));
        Records.Add(new CaseOpened(id, title, Severity.High, alerts, null), $"case/{id}", "p-9");
        return id;
    }

    public void Restrict(CaseId id, params IReadOnlyList<string> people) =>
        Records.Add(new CaseRestricted(id, [.. people.Select(p => new ActorId(p))]), $"case/{id}", "p-lead");

    public RunId StartRun(CaseId? caseId, params IReadOnlyList<AlertId> alerts)
    {
        RunId id = new(Guid.CreateVersion7(ArchiveFixture.Start.AddSeconds(++made)));
        Records.Add(new RunStarted(id, triage, caseId, alerts), $"run/{id}", "p-9");
        return id;
    }

    public void Answer(RunId run, string question, AnswerValue value) =>
        Records.Add(
            new AnswerGiven(
                run,
                triage,
                "look",
                question,
                QuestionKind.Judgement,
                value,
                new AnswerOrigin("person", null, null)
            ),
            $"run/{run}",
            "p-9"
        );

    public StoredRecord Judge(RunId run, CaseId? caseId, Decision decision, params IReadOnlyList<AlertId> alerts) =>
        Records.Add(
            new VerdictGiven(
                new VerdictId(Guid.CreateVersion7(ArchiveFixture.Start.AddSeconds(++made))),
                alerts,
                caseId,
                run,
                triage,
                decision
            ),
            caseId is null ? $"alert/{alerts[0]}" : $"case/{caseId}",
            "p-9"
        );

    public async ValueTask DisposeAsync()
    {
        await Datasets.DisposeAsync();
        await Archive.DisposeAsync();
        Files.Dispose();
    }

    private static string Show(object? value) =>
        value switch
        {
            null => "-",
            DateTime time => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture)
                + (time.Kind == DateTimeKind.Utc ? "Z" : "?"),
            IReadOnlyDictionary<string, object?> map => string.Join(',', map.Select(e => $"{e.Key}={Show(e.Value)}")),
            IReadOnlyList<object?> list => $"[{string.Join(',', list.Select(Show))}]",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
}
