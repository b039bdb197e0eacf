using System.Text;
using Custodiet.Embedded;
using Custodiet.Embedded.Writing;
using Custodiet.Ledger.Envelopes;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>A person leaves records, findings and accounts, and everything that did not name the person stays.</summary>
public sealed class ErasureTests : IDisposable
{
    private const string Person = "erika.mustermann";
    private static readonly Viewer ann = Scene.Sees(Scene.Ann);
    private readonly RecordFolder folder = new();
    private readonly FakeTimeProvider time = new(Scene.Start);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheNameIsGoneFromTheFileAndTheJudgementsStay()
    {
        AlertId named;
        AlertId other;
        await using (SqliteRecords records = await OpenAsync())
        {
            Scene scene = new(records);
            named = await scene.RaiseAsync(scene.Finding(entity: Person), scene.Finding(entity: Person));
            other = await scene.RaiseAsync(scene.Finding(entity: "erika"));
            CaseId opened = await scene.OpenAsync(Scene.Ann, named, other);
            RunId run = await scene.RunAsync(opened, named);
            await scene.AppendedAsync(Scene.Draft(Scene.Answer(run, "who", $"It was {Person}."), $"run/{run}"));
            await scene.JudgeAsync(Scene.TruePositive, opened, [named, other]);
            Alert before = (await records.AlertAsync(named, ann, Stop))!;
            long count = records.Count;

            NamedInRecords found = await records.CountNamedAsync(new PersonText([Person]), Stop);
            Assert.Equal((2, 2, 0), (found.RecordCount, found.Findings, found.Accounts));
            Assert.Equal(["alert.raised/1", "answer.given/1"], found.Records.Keys);
            NamedInRecords erased = await EraseAsync(records, Person);
            Assert.Equal(found.Records, erased.Records);
            Assert.Equal(count + 3, records.Count);

            Alert after = (await records.AlertAsync(named, ann, Stop))!;
            Assert.Equal(PersonText.Erased, after.Entity.Name);
            Assert.Equal(
                (before.Number, before.Rule, before.FindingCount, Verdict.TruePositive),
                (after.Number, after.Rule, after.FindingCount, after.Verdict!.Decision.Verdict)
            );
            Assert.Equal("erika", (await records.AlertAsync(other, ann, Stop))!.Entity.Name);
            Assert.All(
                await records.FindingsAsync(named, 10, ann, Stop),
                finding => Assert.Equal(PersonText.Erased, finding.Entity.Name)
            );
            Answer answer = Assert.Single(await records.AnswersAsync(run, ann, Stop));
            Assert.Equal(PersonText.Erased, answer.Value.Text);
            Assert.Equal(0, (await records.CountNamedAsync(new PersonText([Person]), Stop)).RecordCount);
        }
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(folder.File)!))
        {
            Assert.DoesNotContain(
                Person,
                Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Stop)),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task EnvelopesStayAndTheRestReadsAsWhatIsLeftAlsoAfterARebuild()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        AlertId alert = await scene.RaiseAsync(scene.Finding(entity: Person));
        IReadOnlyList<StoredRecord> before = await records.ReadAsync(0, 100, Stop);
        await EraseAsync(records, Person);
        IReadOnlyList<StoredRecord> after = await records.ReadAsync(0, 100, Stop);
        Assert.Equal(before[0].Sealed.Envelope.ToArray(), after[0].Sealed.Envelope.ToArray());
        Assert.True(after[0].Erased);
        Assert.True(after[0].Sealed.Salt.IsEmpty);
        AlertRaised left = Assert.IsType<AlertRaised>(RecordBodyJson.Deserialize(after[0].Sealed.Body.Span));
        Assert.Equal((alert, PersonText.Erased), (left.Alert, left.Entity.Name));
        RecordErased act = Assert.IsType<RecordErased>(RecordBodyJson.Deserialize(after[1].Sealed.Body.Span));
        Assert.Equal((after[0].Sealed.Id, 0L), (act.Erased, act.Index));
        Assert.Equal(after[0].Sealed.Id, after[1].Sealed.Supersedes);
        // The salt and body of what stayed still fit their envelope.
        Assert.True(EnvelopeOf(after[1]).Matches(after[1].Sealed.Salt.Span, after[1].Sealed.Body.Span));

        await records.RebuildAsync(Stop);
        Assert.Equal(PersonText.Erased, (await records.AlertAsync(alert, ann, Stop))!.Entity.Name);
        Assert.NotNull(await records.FindAsync(after[0].Sealed.Id, Stop));
    }

    [Fact]
    public async Task WhatAnErasureLeftCanBeErasedAgain()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        Finding finding = scene.Finding(entity: Person) with { Techniques = ["T1059.001", "second-name"] };
        AlertId alert = await scene.RaiseAsync(finding);
        await EraseAsync(records, Person);
        NamedInRecords again = await EraseAsync(records, "second-name");
        Assert.Equal(["record.erased/1"], again.Records.Keys);
        Alert left = (await records.AlertAsync(alert, ann, Stop))!;
        Assert.Equal(["T1059.001", PersonText.Erased], left.Techniques);
        Assert.Equal(PersonText.Erased, left.Entity.Name);
        Assert.Equal(2, (await records.ReadStreamAsync(ErasureDone.Stream, 10, Stop)).Count);
    }

    [Fact]
    public async Task AnAccountOfThatNameLosesItAndCannotSignIn()
    {
        await using SqliteRecords records = await OpenAsync();
        Account account = new()
        {
            Id = new ActorId("p-1"),
            Name = "Erika.Mustermann",
            Roles = [Role.Analyst],
            SecurityStamp = "s",
            PasswordHash = "hash",
            TimeZone = "Europe/Berlin",
            Passkeys = [new Passkey("id", "Erika's laptop", "key", 0, [], false, false, Scene.Start, null)],
            Identities = [new ProviderIdentity("https://id.example", "erika", Scene.Start)],
        };
        await records.SaveAsync(
            account,
            [Scene.Draft(new AccountAdded(account.Id, AccountKind.Person, account.Name, account.Roles), "account/p-1")],
            Stop
        );
        Session session = new()
        {
            Id = new SessionId("ses-1"),
            Account = account.Id,
            KeySha256 = "",
            Stamp = "s",
            Method = SignInMethod.Password,
            Address = "10.0.0.1",
            BeganAt = Scene.Start,
            LastSeenAt = Scene.Start,
            EndsAt = Scene.Start,
        };
        Session other = session with { Id = new SessionId("ses-2"), Account = new ActorId("p-2") };
        await records.SaveAsync([session, other], [], [], Stop);
        NamedInRecords erased = await EraseAsync(records, Person);
        Assert.Equal((1, 1), (erased.RecordCount, erased.Accounts));
        Account left = (await records.AccountAsync(account.Id, Stop))!;
        Assert.Equal(("erased-p-1", true, true), (left.Name, left.Disabled, left.IsErased));
        Assert.Null(left.PasswordHash);
        Assert.Empty(left.Passkeys);
        Assert.Empty(left.Identities);
        Assert.Equal([other], await records.SessionsAsync(Stop));
        Assert.Null(await records.AccountByNameAsync(Person, Stop));
    }

    [Fact]
    public async Task AStoreThatRefusesRecordsErasesNothing()
    {
        await using SqliteRecords records = await OpenAsync();
        Scene scene = new(records);
        AlertId alert = await scene.RaiseAsync(scene.Finding(entity: Person));
        records.Refuse("The ledger differs.");
        (NamedInRecords? erased, string? refusal) = await TryEraseAsync(records, Person);
        Assert.Null(erased);
        Assert.Equal("The ledger differs.", refusal);
        Assert.Equal(Person, (await records.AlertAsync(alert, ann, Stop))!.Entity.Name);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("  x ")]
    [InlineData("a\u0001bcd")]
    public void AnIdentifierThatWouldBeFoundEverywhereIsRefused(string identifier) =>
        Assert.Throws<ArgumentException>(() => new PersonText([identifier]));

    [Theory]
    [InlineData("j.doe", "user J.DOE logged in", true)]
    [InlineData("j.doe", "j.doering", false)]
    [InlineData("j.doe", "xj.doe j.doe", true)]
    [InlineData("jürgen", "JÜRGEN", true)]
    [InlineData("j.doe", "j.doe@example.org", true)]
    [InlineData("j_doe", "aj_doe", false)]
    public void AnIdentifierIsFoundAsAWholeWord(string identifier, string text, bool found) =>
        Assert.Equal(found, new PersonText([identifier]).IsIn(text));

    private ValueTask<SqliteRecords> OpenAsync() =>
        SqliteRecords.OpenAsync(folder.File, EnvelopeSealer.Seal, time, Stop);

    private static Envelope EnvelopeOf(StoredRecord record) => Envelope.Parse(record.Sealed.Envelope.Span).Envelope!;

    private async Task<NamedInRecords> EraseAsync(SqliteRecords records, string name) =>
        Assert.IsType<NamedInRecords>((await TryEraseAsync(records, name)).Erased);

    private ValueTask<(NamedInRecords? Erased, string? Refusal)> TryEraseAsync(SqliteRecords records, string name) =>
        records.EraseAsync(
            new PersonText([name]),
            "e-1",
            found => new RecordDraft(
                new ErasureDone("e-1", ErasureReason.Request, 1, 0, 0, found.RecordCount, found.Findings),
                ErasureDone.Stream,
                Scene.Ann,
                time.GetUtcNow()
            ),
            Scene.Ann,
            time.GetUtcNow(),
            Stop
        );
}
