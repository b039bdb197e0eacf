using CsCheck;
using Custodiet.Embedded;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>Any sequence of acts leaves the alerts, cases and counts that a plain model of them has, and a rebuild changes nothing.</summary>
public sealed class SqliteRecordsPropertyTests
{
    private enum Act
    {
        Raise,
        Extend,
        Assign,
        PutBack,
        OpenCase,
        Close,
        Judge,
        JudgeCase,
    }

    [Fact]
    public async Task AnySequenceOfActsStandsAsInAModel()
    {
        Gen<(int Act, int One, int Two)[]> acts = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 99], Gen.Int[0, 99]).Array[
            1,
            40
        ];
        await acts.SampleAsync(RunAsync, iter: 15, threads: 1);
    }

    private static async Task<bool> RunAsync((int Act, int One, int Two)[] acts)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        using RecordFolder folder = new();
        await using SqliteRecords records = await SqliteRecords.OpenAsync(
            folder.File,
            Scene.Sealer(),
            new FakeTimeProvider(Scene.Start),
            stop
        );
        Model model = new(new Scene(records));
        List<AppendRequest> requests =
        [
            .. acts.Select(act => model.Do((Act)act.Act, act.One, act.Two)).OfType<AppendRequest>(),
        ];
        // Handed over in order and not awaited one by one, so that they share commits.
        List<Task<AppendOutcome>> appends = [];
        foreach (AppendRequest request in requests)
        {
            appends.Add(records.AppendAsync(request, stop).AsTask());
        }
        foreach (Task<AppendOutcome> append in appends)
        {
            Assert.IsType<AppendOutcome.Appended>(await append);
        }

        Page<Alert> stands = await records.AlertsAsync(new(), AlertOrder.Oldest, null, 999, Viewer.Service, stop);
        Assert.Equal(
            model.Alerts,
            stands.Items.Select(alert => new ModelAlert(
                alert.Id,
                alert.State,
                alert.Assignee,
                alert.Case,
                alert.Verdict?.Decision.Verdict,
                alert.Verdict?.Corrected ?? false,
                alert.FindingCount,
                alert.LastIndex
            ))
        );
        Page<Case> cases = await records.CasesAsync([], null, 999, Viewer.Service, stop);
        Assert.Equal(
            model.Cases,
            cases.Items.Reverse().Select(item => new ModelCase(item.Id, item.State, item.LastIndex))
        );
        JudgementCounts counts = await records.CountsAsync(stop);
        Assert.Equal(
            (
                model.Alerts.Count(alert => alert.Verdict is null),
                model.Cases.Count(item => item.State != CaseState.Closed),
                model.Alerts.Sum(alert => alert.Findings)
            ),
            (counts.Open, counts.OpenCases, counts.Findings)
        );
        string before = RecordFolder.Dump(folder.File);
        await records.RebuildAsync(stop);
        Assert.Equal(before, RecordFolder.Dump(folder.File));
        return true;
    }

    private sealed record ModelAlert(
        AlertId Id,
        AlertState State,
        ActorId? Assignee,
        CaseId? Case,
        Verdict? Verdict,
        bool Corrected,
        int Findings,
        long LastIndex
    )
    {
        public ModelAlert Settled() =>
            this with
            {
                State =
                    Verdict is not null ? AlertState.Judged
                    : Assignee is not null || Case is not null ? AlertState.InProgress
                    : AlertState.New,
            };
    }

    private sealed record ModelCase(CaseId Id, CaseState State, long LastIndex);

    private sealed class Model(Scene scene)
    {
        private long index = -1;

        public List<ModelAlert> Alerts { get; } = [];

        public List<ModelCase> Cases { get; } = [];

        public AppendRequest? Do(Act act, int one, int two)
        {
            if (act != Act.Raise && Alerts.Count == 0 || act is Act.Close or Act.JudgeCase && Cases.Count == 0)
            {
                return null;
            }
            index++;
            int alert = Alerts.Count == 0 ? 0 : one % Alerts.Count;
            int other = Alerts.Count == 0 ? 0 : two % Alerts.Count;
            return act switch
            {
                Act.Raise => Raise(),
                Act.Extend => Extend(alert),
                Act.Assign => Assign(alert, new ActorId($"p-{two % 3}")),
                Act.PutBack => Assign(alert, null),
                Act.OpenCase => Open(alert, other),
                Act.Close => Close(two % Cases.Count),
                Act.Judge => Judge(alert, other, null),
                _ => Judge(alert, other, two % Cases.Count),
            };
        }

        private AppendRequest Raise()
        {
            (AlertId id, AppendRequest request) = Scene.Raised(scene.Finding(), scene.Finding());
            Alerts.Add(new ModelAlert(id, AlertState.New, null, null, null, false, 2, index));
            return request;
        }

        private AppendRequest Extend(int alert)
        {
            Custodiet.Records.Findings.Finding finding = scene.Finding();
            AlertId id = Alerts[alert].Id;
            Alerts[alert] = Alerts[alert] with { Findings = Alerts[alert].Findings + 1, LastIndex = index };
            return new AppendRequest
            {
                Drafts = [Scene.Draft(new AlertExtended(id, [Scene.Member(finding)]), $"alert/{id}")],
                Findings = [finding],
            };
        }

        private AppendRequest Assign(int alert, ActorId? assignee)
        {
            AlertId id = Alerts[alert].Id;
            Alerts[alert] = (Alerts[alert] with { Assignee = assignee, LastIndex = index }).Settled();
            return One(new AlertAssigned(id, assignee), $"alert/{id}");
        }

        private AppendRequest Open(int alert, int other)
        {
            CaseId id = new(Guid.CreateVersion7(Scene.Start));
            Cases.Add(new ModelCase(id, CaseState.New, index));
            foreach (int member in new[] { alert, other })
            {
                Alerts[member] = (Alerts[member] with { Case = id, LastIndex = index }).Settled();
            }
            return One(new CaseOpened(id, "A case", 0, [Alerts[alert].Id, Alerts[other].Id], null), $"case/{id}");
        }

        private AppendRequest Close(int position)
        {
            Cases[position] = Cases[position] with { State = CaseState.Closed, LastIndex = index };
            return One(new CaseStateChanged(Cases[position].Id, CaseState.Closed), $"case/{Cases[position].Id}");
        }

        private AppendRequest Judge(int alert, int other, int? position)
        {
            foreach (int member in new[] { alert, other }.Distinct())
            {
                ModelAlert before = Alerts[member];
                Alerts[member] = (
                    before with
                    {
                        Verdict = Verdict.Benign,
                        Corrected = before.Verdict is not null,
                        LastIndex = index,
                    }
                ).Settled();
            }
            CaseId? id = position is { } at ? Cases[at].Id : null;
            if (position is { } place)
            {
                CaseState state = Cases[place].State == CaseState.Closed ? CaseState.Closed : CaseState.Resolved;
                Cases[place] = Cases[place] with { State = state, LastIndex = index };
            }
            VerdictId verdict = new(Guid.CreateVersion7(Scene.Start));
            VerdictGiven given = new(
                verdict,
                [Alerts[alert].Id, Alerts[other].Id],
                id,
                new RunId(verdict.Value),
                Scene.Triage,
                Scene.Benign
            );
            return One(given, $"verdict/{verdict}");
        }

        private static AppendRequest One(RecordBody body, string stream) =>
            new() { Drafts = [Scene.Draft(body, stream)] };
    }
}
