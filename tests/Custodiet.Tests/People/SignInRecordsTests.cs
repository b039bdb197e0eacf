using System.Net;
using System.Text;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Tests.Process;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.People;

/// <summary>What signing in and out leaves in the ledger, and what an attacker cannot leave there.</summary>
public sealed class SignInRecordsTests
{
    private const string Here = "127.0.0.1";

    private static CancellationToken cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ASessionsBeginAndEndAreRecordedByPseudonym()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        (string, string)[] antiforgery = [.. Browser.Hidden(await browser.PageAsync("/account"), "zone")];
        using HttpResponseMessage @out = await browser.PostAsync("/sign-out", antiforgery);
        Assert.Equal("/sign-in", @out.Headers.Location?.OriginalString);

        SessionId session = Assert.Single(host.SessionStore.Kept).Id;
        Assert.Equal(
            [
                new SessionBegan(ann.Id, session, SignInMethod.Password, "127.0.0.1", null),
                new SessionEnded(ann.Id, session, SessionEnd.SignedOut),
            ],
            host.Bodies
        );
        IReadOnlyList<StoredRecord> stored = await host.Records.ReadStreamAsync($"account/{ann.Id}", 10, cancellation);
        Assert.All(stored, record => Assert.Equal(ann.Id, record.Sealed.Actor));
        Assert.All(stored, record => Assert.Equal(host.Time.GetUtcNow(), record.Sealed.OccurredAt));
        Assert.DoesNotContain("ann", string.Join(' ', host.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheFirstAccountAndAOneTimeCodeBeginSessionsOfTheirOwnKind()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        string setup = (await host.SetupCode.PrepareAsync(cancellation))!;
        using Browser first = host.NewBrowser();
        using HttpResponseMessage made = await SignInTests.SetUpAsync(first, setup);
        Account ann = (await host.Accounts.FindAsync("ann", cancellation))!;
        AccountOutcome.Done reset = Assert.IsType<AccountOutcome.Done>(
            await host.Accounts.ResetPasswordAsync(ann.Id, ActorId.Console, cancellation)
        );
        using Browser second = host.NewBrowser();
        using HttpResponseMessage wrong = await RecoverAsync(second, "AAAAA-AAAAA-AAAAA-AAAAA");
        using HttpResponseMessage right = await RecoverAsync(second, reset.OneTimeCode!);
        Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        await host.SignIns.FlushAsync();

        Assert.Equal(
            [SignInMethod.SetupCode, SignInMethod.OneTimeCode],
            host.Bodies.OfType<SessionBegan>().Select(began => began.Method)
        );
        Assert.Equal(
            [new SignInFailures(SignInFailure.WrongOneTimeCode, Here, 1)],
            Assert.Single(host.Bodies.OfType<SignInFailed>()).Failures
        );

        static Task<HttpResponseMessage> RecoverAsync(Browser browser, string code) =>
            browser.SubmitAsync(
                "/recover",
                "recover",
                ("Name", "ann"),
                ("Code", code),
                ("Password", PeopleHost.Password),
                ("Again", PeopleHost.Password)
            );
    }

    [Fact]
    public async Task ASecondFactorsKindIsRecordedAndAWrongCodeAfterARightPasswordStandsOut()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        string secret = Totp.NewSecret();
        (_, IReadOnlyList<string> codes) = await host.Accounts.EnableAuthenticatorAsync(
            ann.Id,
            secret,
            Totp.Code(Totp.FromBase32(secret)!, Totp.StepOf(host.Time.GetUtcNow())),
            cancellation
        );
        foreach (
            (string page, string form, string wrong, string right) in new[]
            {
                (
                    "/sign-in/code",
                    "code",
                    "12345",
                    Totp.Code(Totp.FromBase32(secret)!, Totp.StepOf(host.Time.GetUtcNow()))
                ),
                ("/sign-in/recovery", "recovery", "AAAAAA-AAAAAA", codes[0]),
            }
        )
        {
            using Browser browser = host.NewBrowser();
            using HttpResponseMessage half = await browser.SignInAsync("ann", PeopleHost.Password);
            using HttpResponseMessage refused = await browser.SubmitAsync(page, form, ("Code", wrong));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            using HttpResponseMessage done = await browser.SubmitAsync(page, form, ("Code", right));
            Assert.Equal(HttpStatusCode.Redirect, done.StatusCode);
        }
        await host.SignIns.FlushAsync();
        Assert.Equal(
            [SignInMethod.Authenticator, SignInMethod.RecoveryCode],
            host.Bodies.OfType<SessionBegan>().Select(began => began.Method)
        );
        Assert.Equal(
            [
                new SignInFailures(SignInFailure.WrongCode, Here, 1),
                new SignInFailures(SignInFailure.WrongRecoveryCode, Here, 1),
            ],
            Assert.Single(host.Bodies.OfType<SignInFailed>()).Failures
        );
    }

    [Fact]
    public async Task FailuresAreOneRecordForEachAccountAndMinuteAndTheLockIsRecordedAtOnce()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        Account off = await host.AccountAsync("off", Role.Analyst);
        await host.Accounts.DisableAsync(off.Id, ActorId.Console, cancellation);
        using Browser browser = host.NewBrowser();
        DateTimeOffset start = host.Time.GetUtcNow();
        for (int i = 0; i < 7; i++)
        {
            using HttpResponseMessage wrong = await browser.SignInAsync("ann", "not the password");
            host.Time.Advance(TimeSpan.FromSeconds(5));
        }
        foreach (string name in (string[])["off", "nobody", "a password typed as a name", "nobody"])
        {
            using HttpResponseMessage wrong = await browser.SignInAsync(name, PeopleHost.Password);
        }
        Assert.Empty(host.Bodies);

        RecordDraft locked = Assert.Single(host.Store.Drafts, d => d.Body is AccountChanged { Change: "locked" });
        Assert.Equal((ActorId.Service, $"account/{ann.Id}"), (locked.Actor, locked.Stream));
        Assert.Equal(start.AddSeconds(20), locked.OccurredAt);

        // The minute ends.
        host.Time.Advance(TimeSpan.FromSeconds(25));
        await EventuallyAsync(() => host.Bodies.Count() == 3);
        SignInFailed[] failed = [.. host.Bodies.Cast<SignInFailed>()];
        Assert.Equal(
            [ann.Id, off.Id, null],
            failed.Select(f => f.Account).OrderBy(a => a is null).ThenBy(a => a != ann.Id)
        );
        SignInFailed anns = failed.Single(f => f.Account == ann.Id);
        Assert.Equal((start, start.AddSeconds(30)), (anns.FirstAt, anns.LastAt));
        Assert.Equal(
            [
                new SignInFailures(SignInFailure.WrongPassword, Here, 5),
                new SignInFailures(SignInFailure.Locked, Here, 2),
            ],
            anns.Failures
        );
        Assert.Equal(
            [new SignInFailures(SignInFailure.Disabled, Here, 1)],
            failed.Single(f => f.Account == off.Id).Failures
        );
        Assert.Equal(
            [new SignInFailures(SignInFailure.UnknownName, Here, 3)],
            failed.Single(f => f.Account is null).Failures
        );
        Assert.All(
            await host.Records.ReadAsync(0, 10, cancellation),
            r => Assert.Equal(ActorId.Service, r.Sealed.Actor)
        );
        Assert.DoesNotContain(
            "password typed",
            string.Join(' ', (await host.Records.ReadAsync(0, 10, cancellation)).Select(TextOf)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ManyAddressesAreCountedTogetherBeyondTwenty()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        MemoryRecords store = new(time);
        using SignInRecords records = new(store, time, NullLogger<SignInRecords>.Instance);
        for (int i = 0; i < 1_000; i++)
        {
            records.Failed(null, SignInFailure.UnknownName, $"10.0.{i / 250}.{i % 250}");
        }
        await records.FlushAsync();
        SignInFailed only = Assert.IsType<SignInFailed>(Assert.Single(store.Bodies));
        Assert.Equal(SignInRecords.EntriesMax + 1, only.Failures.Count);
        Assert.Equal(1_000, only.Failures.Sum(entry => entry.Count));
        Assert.Equal(980, only.Failures.Single(entry => entry.Address is null).Count);
    }

    [Fact]
    public async Task AMillionAttemptsAreOneRecordAMinute()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        MemoryRecords store = new(time);
        using SignInRecords records = new(store, time, NullLogger<SignInRecords>.Instance);
        for (int i = 0; i < 1_000_000; i++)
        {
            records.Failed(null, SignInFailure.UnknownName, Here);
        }
        await records.FlushAsync();
        await records.FlushAsync();
        SignInFailed only = Assert.IsType<SignInFailed>(Assert.Single(store.Bodies));
        Assert.Equal([new SignInFailures(SignInFailure.UnknownName, Here, 1_000_000)], only.Failures);
    }

    [Fact]
    public async Task AttemptsBeyondTheLimitCountTooAndAStopRecordsThem()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", AttemptsPerMinuteAndName = 2 }
        );
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage wrong = await browser.SignInAsync("ann", "wrong");
        }
        await host.StopAsync();
        SignInFailed failed = Assert.IsType<SignInFailed>(Assert.Single(host.Bodies));
        Assert.Equal(ann.Id, failed.Account);
        Assert.Equal(
            [
                new SignInFailures(SignInFailure.WrongPassword, Here, 2),
                new SignInFailures(SignInFailure.TooMany, Here, 3),
            ],
            failed.Failures
        );
    }

    [Fact]
    public async Task WhileTheLedgerTakesNoRecordPeopleSignInAccountsLockAndFailuresWait()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        MemoryAccounts accountStore = new();
        using Accounts accounts = new(accountStore, time, passwordIterations: 1_000);
        Account ann = Assert
            .IsType<AccountOutcome.Done>(
                await accounts.AddAsync("ann", [Role.Analyst], PeopleHost.Password, ActorId.Console, cancellation)
            )
            .Account;
        accountStore.RefuseReason = "The disk is full.";
        DateTimeOffset until = time.GetUtcNow().AddMinutes(15);
        Assert.IsType<AccountOutcome.Done>(
            await accounts.NoteSignInAsync(ann.Id, account => account with { LockedUntil = until }, cancellation)
        );
        Assert.Equal(until, (await accounts.FindAsync(ann.Id, cancellation))!.LockedUntil);

        MemoryRecords store = new(time) { Refusal = "The disk is full." };
        CollectingLogger<SignInRecords> log = new();
        using SignInRecords records = new(store, time, log);
        records.Failed(ann.Id, SignInFailure.WrongPassword, Here);
        await records.FlushAsync();
        Assert.Empty(store.Bodies);
        Assert.Equal(["PeopleFailuresWait"], log.Names);

        CollectingLogger<Sessions> sessionLog = new();
        PeopleOptions options = new() { KeysFolder = "" };
        using Sessions sessions = new(new MemorySessions(store), accounts, options, time, sessionLog);
        (Session session, string key) = await sessions.BeginAsync(
            ann,
            new SessionStart(SignInMethod.Password, Here, "Firefox on Linux")
        );
        Assert.NotNull(sessions.Open(session.Id, key, (await accounts.FindAsync(ann.Id, cancellation))!, counts: true));
        Assert.Equal(["PeopleSessionUnrecorded"], sessionLog.Names);

        time.Advance(TimeSpan.FromMinutes(5));
        records.Failed(ann.Id, SignInFailure.WrongPassword, Here);
        store.Refusal = null;
        await records.FlushAsync();
        SignInFailed failed = Assert.IsType<SignInFailed>(Assert.Single(store.Bodies));
        Assert.Equal([new SignInFailures(SignInFailure.WrongPassword, Here, 2)], failed.Failures);
        Assert.Equal(TimeSpan.FromMinutes(5), failed.LastAt - failed.FirstAt);
    }

    private static string TextOf(StoredRecord record) =>
        record.Sealed.Stream + Encoding.UTF8.GetString(record.Sealed.Body.Span);

    // The timer's work runs beside the test.
    private static async Task EventuallyAsync(Func<bool> holds)
    {
        for (int i = 0; i < 500 && !holds(); i++)
        {
            await Task.Delay(10, cancellation);
        }
        Assert.True(holds());
    }

    /// <summary>Keeps the names of what was logged.</summary>
    private sealed class CollectingLogger<T> : ILogger<T>
    {
        public List<string?> Names { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Names.Add(eventId.Name);
    }
}
