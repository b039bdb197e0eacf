using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.Archive;

/// <summary>Who signed in or tried to, as SQL; of both versions of the records, and for whom it is meant.</summary>
public sealed class SignInDatasetTests
{
    private const string Columns =
        "SELECT account, session_id, outcome, method, address, reason, attempts FROM sign_ins ORDER BY ledger_index, reason, address";

    private static readonly DateTimeOffset at = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly ActorId ann = new("p-ann");
    private static readonly Viewer auditor = new(new ActorId("p-aud"), new HashSet<Role> { Role.Auditor });

    [Fact]
    public async Task EachSignInIsARowAndSoIsEachReasonAndAddressOfFailures()
    {
        await using DatasetFixture fixture = await CreateAsync();
        Assert.Equal(
            [
                "p-ann|ses-1|succeeded|passkey|10.0.0.1|-|1",
                "b-1|ses-2|succeeded|break-glass|10.0.0.2|provider-down|1",
                "p-ann|-|failed|-|10.0.0.3|locked|2",
                "p-ann|-|failed|-|10.0.0.3|wrong-password|5",
                "-|-|failed|-|-|unknown-name|1000",
                "p-ann|-|succeeded|password|-|-|1",
                "p-ann|-|failed|-|-|wrong-code|1",
            ],
            await fixture.RowsAsync(Columns, auditor)
        );
        Assert.Equal(
            ["60"],
            await fixture.RowsAsync(
                "SELECT epoch(last_at) - epoch(occurred_at) FROM sign_ins WHERE reason = 'locked'",
                auditor
            )
        );
    }

    [Theory]
    [InlineData(Role.Lead, 7)]
    [InlineData(Role.Engineer, 7)]
    [InlineData(Role.Admin, 7)]
    [InlineData(Role.Analyst, 5)]
    public async Task AnAnalystSeesTheirOwnRowsAlone(Role role, int rows)
    {
        await using DatasetFixture fixture = await CreateAsync();
        Viewer viewer = new(ann, new HashSet<Role> { role });
        Assert.Equal([$"{rows}"], await fixture.RowsAsync("SELECT count(*) FROM sign_ins", viewer));
        Viewer strange = new(new ActorId("p-x' OR true --"), new HashSet<Role> { Role.Analyst });
        Assert.Equal(["0"], await fixture.RowsAsync("SELECT count(*) FROM Sign_Ins", strange));
    }

    private static async Task<DatasetFixture> CreateAsync()
    {
        DatasetFixture fixture = await DatasetFixture.CreateAsync();
        RecordBody[] bodies =
        [
            new SessionBegan(ann, new SessionId("ses-1"), SignInMethod.Passkey, "10.0.0.1", null),
            new SessionBegan(
                new ActorId("b-1"),
                new SessionId("ses-2"),
                SignInMethod.BreakGlass,
                "10.0.0.2",
                BreakGlassReason.ProviderDown
            ),
            new SignInFailed(
                ann,
                at,
                at.AddMinutes(1),
                [
                    new SignInFailures(SignInFailure.WrongPassword, "10.0.0.3", 5),
                    new SignInFailures(SignInFailure.Locked, "10.0.0.3", 2),
                ]
            ),
            new SignInFailed(null, at, at, [new SignInFailures(SignInFailure.UnknownName, null, 1_000)]),
            new SessionBeganFirst(ann, SignInMethod.Password),
            new SignInFailedFirst(ann, at, at, [new SignInFailureCount(SignInFailure.WrongCode, 1)]),
        ];
        foreach (RecordBody body in bodies)
        {
            fixture.Records.Add(body, "account/x", "service", at);
        }
        return fixture;
    }
}
