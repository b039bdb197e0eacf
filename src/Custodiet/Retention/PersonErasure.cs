using Custodiet.Archive;
using Custodiet.Embedded.Writing;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Retention;

/// <summary>What is asked for with an erasure.</summary>
/// <param name="Identifiers">What the person is called: names, accounts, addresses. They are looked for as whole words, whatever their letter case.</param>
/// <param name="Reason">Why.</param>
internal sealed record ErasureRequest(IReadOnlyList<string> Identifiers, ErasureReason Reason);

/// <summary>What an erasure found, and, unless it was a preview, erased.</summary>
/// <param name="Erasure">Its id; empty for a preview.</param>
/// <param name="Events">Events of the archive.</param>
/// <param name="EventsHeld">Events that a hold keeps.</param>
/// <param name="RecordsByType">Records whose body names the person.</param>
/// <param name="Findings">Findings that do.</param>
/// <param name="Accounts">Accounts and tokens with such a name.</param>
internal sealed record ErasureAnswer(
    string Erasure,
    long Events,
    long EventsHeld,
    IReadOnlyDictionary<string, int> RecordsByType,
    int Findings,
    int Accounts
);

/// <summary>
/// Erases a person from archive, records, findings and datasets. The ledger's proofs hold afterwards: it has digests only. Events that are
/// held stay, and are counted. Whoever asked can repeat it at any time: what is gone is not found again.
/// </summary>
internal sealed class PersonErasure(Flow flow, Holds holds)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    /// <summary>Counts what would go.</summary>
    public Task<Kept<ErasureAnswer>> PreviewAsync(ErasureRequest request, CancellationToken cancellation) =>
        TryAsync(
            request,
            settle: false,
            async person =>
            {
                RetentionOutcome events = await flow.Archive.CountNamedAsync(
                    person.Identifiers,
                    await holds.InForceAsync(cancellation),
                    cancellation
                );
                return Answer("", events, await flow.Records.CountNamedAsync(person, cancellation));
            },
            cancellation
        );

    /// <summary>Erases.</summary>
    public Task<Kept<ErasureAnswer>> EraseAsync(
        ErasureRequest request,
        ActorId actor,
        CancellationToken cancellation
    ) =>
        TryAsync(
            request,
            settle: true,
            async person =>
            {
                string erasure = $"{Guid.CreateVersion7(flow.Time.GetUtcNow()):D}";
                RetentionOutcome events = await flow.Archive.EraseAsync(
                    erasure,
                    person.Identifiers,
                    await holds.InForceAsync(cancellation),
                    cancellation
                );
                RecordDraft Done(NamedInRecords found) =>
                    new(
                        new ErasureDone(
                            erasure,
                            request.Reason,
                            person.Identifiers.Count,
                            events.Events,
                            events.EventsHeld,
                            found.RecordCount,
                            found.Findings
                        ),
                        ErasureDone.Stream,
                        actor,
                        flow.Time.GetUtcNow()
                    );
                (NamedInRecords? erased, string? refusal) = await flow.Records.EraseAsync(
                    person,
                    erasure,
                    Done,
                    actor,
                    flow.Time.GetUtcNow(),
                    cancellation
                );
                if (erased is null)
                {
                    return new Kept<ErasureAnswer>.Refused(refusal ?? "");
                }
                await flow.Datasets.ForgetAsync(cancellation);
                return refusal is not null
                    ? new Kept<ErasureAnswer>.Refused($"{refusal} The same request again does what is left.")
                    : Answer(erasure, events, erased);
            },
            cancellation
        );

    private async Task<Kept<ErasureAnswer>> TryAsync(
        ErasureRequest request,
        bool settle,
        Func<PersonText, Task<Kept<ErasureAnswer>>> act,
        CancellationToken cancellation
    )
    {
        PersonText person;
        try
        {
            person = new PersonText(request.Identifiers);
        }
        catch (ArgumentException invalid)
        {
            return new Kept<ErasureAnswer>.Invalid(invalid.Message);
        }
        if (settle && await NotSettledAsync(cancellation) is { } behind)
        {
            return new Kept<ErasureAnswer>.Refused(behind);
        }
        try
        {
            return await act(person);
        }
        catch (Exception failed) when (failed is IOException or InvalidDataException)
        {
            return new Kept<ErasureAnswer>.Refused($"{failed.Message} The same request again does what is left.");
        }
    }

    // What was accepted before the request must be in archive and records: in the queue nothing can be erased.
    private async Task<string?> NotSettledAsync(CancellationToken cancellation)
    {
        if (await flow.Queue.RollAsync(cancellation) is { } full)
        {
            return full;
        }
        long target = flow.Queue.State.NextOffset;
        long begin = flow.Time.GetTimestamp();
        while (flow.Stream.AnalysedTo < target || flow.Archive.NextOffset < target)
        {
            if (flow.Time.GetElapsedTime(begin) > patience)
            {
                return "Events that were accepted before are still on their way into the archive. Try again when the queue is shorter.";
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), flow.Time, cancellation);
        }
        while (flow.Outputs.Oldest < target && flow.Time.GetElapsedTime(begin) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), flow.Time, cancellation);
        }
        // The segments of the queue still hold what was taken from them; now the stream does not need them any more. A route that has not
        // come so far by now passes over the rest, counted and recorded.
        flow.Queue.Release(target);
        return flow.Queue.State.FirstOffset < target
            ? "The event queue still holds events that were accepted before: the disk did not let it delete them, or something reads on. Try again."
            : null;
    }

    private static Kept<ErasureAnswer>.Done Answer(string erasure, RetentionOutcome events, NamedInRecords records) =>
        new(
            new ErasureAnswer(
                erasure,
                events.Events,
                events.EventsHeld,
                records.Records,
                records.Findings,
                records.Accounts
            )
        );
}
