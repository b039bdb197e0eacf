using System.Text.Json;
using Custodiet.People;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Ledger;

/// <summary>What a reader may see of a record. The envelope is in the public tiles; the body is as restricted as the case it is about.</summary>
/// <param name="Body">The body, or null.</param>
/// <param name="Hidden">Why there is no body, or null.</param>
internal sealed record RecordSight(RecordBody? Body, string? Hidden)
{
    /// <summary>Decides for a reader.</summary>
    public static async ValueTask<RecordSight> OfAsync(
        StoredRecord record,
        IJudgementReader judgements,
        Visit visit,
        CancellationToken cancellation
    )
    {
        if (record.Sealed.Body.IsEmpty)
        {
            return new RecordSight(null, "The body was erased by a recorded act; the proof still holds.");
        }
        RecordBody body;
        try
        {
            body = RecordBodyJson.Deserialize(record.Sealed.Body.Span);
        }
        catch (JsonException)
        {
            return new RecordSight(null, "The body is of a kind that this version does not know.");
        }
        // What an erasure left is as restricted as what it was.
        RecordBody subject = body is RecordErased { Remainder: { } left } ? left : body;
        if (IsAboutPeople(subject) && !visit.May(Policies.Audit))
        {
            return new RecordSight(
                null,
                "Bodies about accounts, sessions and tokens are for auditors, leads, engineers and admins."
            );
        }
        return await MaySeeAsync(subject, judgements, visit, cancellation)
            ? new RecordSight(body, null)
            : new RecordSight(null, "The body belongs to something that you may not see.");
    }

    private static bool IsAboutPeople(RecordBody body) =>
        body
            is AccountAdded
                or AccountAddedFirst
                or AccountChanged
                or IdentityLinked
                or IdentityUnlinked
                or PasskeyAdded
                or PasskeyRemoved
                or BreakGlassAcknowledged
                or SignInPolicySet
                or SessionBegan
                or SessionBeganFirst
                or SessionEnded
                or SessionEndedFirst
                or SignInFailed
                or SignInFailedFirst
                or TokenAdded
                or TokenAddedFirst
                or TokenChanged
                or TokenRevoked;

    private static async ValueTask<bool> MaySeeAsync(
        RecordBody body,
        IJudgementReader judgements,
        Visit visit,
        CancellationToken cancellation
    )
    {
        (CaseId? inCase, RunId? inRun, IReadOnlyList<AlertId> alerts) = Of(body);
        if (inCase is { } theCase && await judgements.CaseAsync(theCase, visit.Viewer, cancellation) is null)
        {
            return false;
        }
        if (inRun is { } run && await judgements.RunAsync(run, visit.Viewer, cancellation) is null)
        {
            return false;
        }
        foreach (AlertId alert in alerts)
        {
            if (await judgements.AlertAsync(alert, visit.Viewer, cancellation) is null)
            {
                return false;
            }
        }
        return true;
    }

    private static (CaseId? Case, RunId? Run, IReadOnlyList<AlertId> Alerts) Of(RecordBody body) =>
        body switch
        {
            AlertRaised b => (null, null, [b.Alert]),
            AlertExtended b => (null, null, [b.Alert]),
            AlertAssigned b => (null, null, [b.Alert]),
            CaseOpened b => (b.Case, null, b.Alerts),
            CaseExtended b => (b.Case, null, b.Alerts),
            CaseRestricted b => (b.Case, null, []),
            CaseAssigned b => (b.Case, null, []),
            CaseStateChanged b => (b.Case, null, []),
            RunStarted b => (b.Case, null, b.Alerts),
            AnswerGiven b => (null, b.Run, []),
            VerdictGiven b => (b.Case, null, b.Alerts),
            _ => (null, null, []),
        };
}
