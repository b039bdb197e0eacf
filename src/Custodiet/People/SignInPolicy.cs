using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>Records who may sign in and how, at each start at which the settings say something else than the last record.</summary>
internal sealed partial class SignInPolicy(
    IRecordStore records,
    PeopleOptions options,
    TimeProvider time,
    ILogger<SignInPolicy> logger
) : IHostedService
{
    /// <summary>The records' stream.</summary>
    public const string Stream = "sign-in/policy";

    /// <summary>What the settings say, as it is recorded. Secrets are no part of it.</summary>
    public static SignInPolicySet ToRecord(PeopleOptions options) =>
        new(
            options.Passwords switch
            {
                PasswordUse.UntilPasskey => "until-passkey",
                PasswordUse.Off => "off",
                _ => "on",
            },
            [.. options.StrongRoles.Order()],
            (long)options.IdleTime.TotalSeconds,
            (long)options.SessionTime.TotalSeconds,
            (long)options.BreakGlassTime.TotalSeconds,
            options.Provider is not { } provider
                ? null
                : new ProviderPolicy(
                    provider.Authority.ToString(),
                    provider.ClientId,
                    provider.Scopes,
                    provider.NameClaim,
                    provider.RolesClaim,
                    [
                        .. provider
                            .Roles.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                            .Select(pair => new ProviderRoles(pair.Key, pair.Value)),
                    ]
                )
        );

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SignInPolicySet policy = ToRecord(options);
        // One a change: as many as the settings were ever changed.
        IReadOnlyList<StoredRecord> all = await records
            .ReadStreamAsync(Stream, 10_000, cancellationToken)
            .ConfigureAwait(false);
        if (all.Count > 0 && all[^1].Sealed.Body.Span.SequenceEqual(RecordBodyJson.Serialize(policy)))
        {
            return;
        }
        AppendRequest request = new() { Drafts = [new RecordDraft(policy, Stream, ActorId.Service, time.GetUtcNow())] };
        if (
            await records.AppendAsync(request, cancellationToken).ConfigureAwait(false) is AppendOutcome.Refused refused
        )
        {
            LogUnrecorded(refused.Reason);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        5105,
        LogLevel.Critical,
        "The ledger lacks the policy of sign-in that holds from this start on, because it takes no record: {Reason}",
        EventName = "PeoplePolicyUnrecorded"
    )]
    private partial void LogUnrecorded(string reason);
}
