using Custodiet.Archive;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Retention;

/// <summary>A hold as its records make it.</summary>
internal sealed record Hold(
    string Id,
    string Name,
    HoldReason Reason,
    SourcePattern Sources,
    DateTimeOffset? From,
    DateTimeOffset? To,
    ActorId PlacedBy,
    DateTimeOffset PlacedAt,
    ActorId? LiftedBy,
    DateTimeOffset? LiftedAt
)
{
    /// <summary>Whether it holds now.</summary>
    public bool InForce => LiftedAt is null;
}

/// <summary>What somebody asks for with a hold.</summary>
internal sealed record HoldRequest(
    string Name,
    HoldReason Reason,
    string? Technology,
    string? Sensor,
    DateTimeOffset? From,
    DateTimeOffset? To
);

/// <summary>What became of an act on holds.</summary>
internal abstract record HoldOutcome
{
    private HoldOutcome() { }

    /// <summary>It is recorded.</summary>
    public sealed record Done(Hold Hold) : HoldOutcome;

    /// <summary>It cannot be done as asked.</summary>
    public sealed record Invalid(string Problem) : HoldOutcome;

    /// <summary>No record can be made at present.</summary>
    public sealed record Refused(string Reason) : HoldOutcome;
}

/// <summary>Legal holds: placed and lifted by records, in force from the moment of recording.</summary>
internal sealed class Holds(IRecordStore records, TimeProvider time) : IDisposable
{
    /// <summary>Characters of a hold's name.</summary>
    public const int NameLengthMax = 100;

    /// <summary>Acts on holds that can be recorded: each is read before events are deleted.</summary>
    public const int ActsMax = 10_000;

    /// <summary>Holds in force at once: each is a condition on every event that is deleted.</summary>
    public const int InForceMax = 200;

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>All of them, newest first, also those that were lifted.</summary>
    public async Task<IReadOnlyList<Hold>> AllAsync(CancellationToken cancellation)
    {
        Dictionary<string, Hold> holds = new(StringComparer.Ordinal);
        foreach (StoredRecord record in await records.ReadStreamAsync(HoldPlaced.Stream, ActsMax, cancellation))
        {
            SealedRecord act = record.Sealed;
            switch (act.Body.IsEmpty ? null : RecordBodyJson.Deserialize(act.Body.Span))
            {
                case HoldPlaced p:
                    holds[p.Hold] = new Hold(
                        p.Hold,
                        p.Name,
                        p.Reason,
                        p.Sources,
                        p.From,
                        p.To,
                        act.Actor,
                        act.RecordedAt,
                        null,
                        null
                    );
                    break;
                case HoldLifted l when holds.TryGetValue(l.Hold, out Hold? hold):
                    holds[l.Hold] = hold with { LiftedBy = act.Actor, LiftedAt = act.RecordedAt };
                    break;
            }
        }
        return [.. holds.Values.OrderByDescending(h => h.PlacedAt)];
    }

    /// <summary>Those in force, as the archive understands them.</summary>
    public async Task<IReadOnlyList<ArchiveHold>> InForceAsync(CancellationToken cancellation) =>
        [
            .. (await AllAsync(cancellation))
                .Where(h => h.InForce)
                .Select(h => new ArchiveHold(
                    h.Id,
                    h.Sources,
                    h.From is { } from ? EventTime.ToMicros(from) : long.MinValue,
                    h.To is { } to ? EventTime.ToMicros(to) : long.MaxValue
                )),
        ];

    /// <summary>Places a hold.</summary>
    public async Task<HoldOutcome> PlaceAsync(HoldRequest request, ActorId actor, CancellationToken cancellation)
    {
        string name = request.Name.Trim();
        if (name.Length is 0 or > NameLengthMax)
        {
            return new HoldOutcome.Invalid($"A hold has a name of 1 to {NameLengthMax} characters.");
        }
        if (request.From > request.To)
        {
            return new HoldOutcome.Invalid("The hold begins after its end.");
        }
        await turn.WaitAsync(cancellation);
        try
        {
            IReadOnlyList<Hold> all = await AllAsync(cancellation);
            if (all.Count(h => h.InForce) >= InForceMax || all.Count * 2 >= ActsMax - 2)
            {
                return new HoldOutcome.Invalid(
                    $"There are {InForceMax} holds in force. Lift one that has ended first."
                );
            }
            if (all.Any(h => h.InForce && h.Name == name))
            {
                return new HoldOutcome.Invalid($"There is a hold «{name}» in force already.");
            }
            HoldPlaced body = new(
                $"{Guid.CreateVersion7(time.GetUtcNow()):D}",
                name,
                request.Reason,
                new SourcePattern(OrAll(request.Technology), OrAll(request.Sensor)),
                request.From,
                request.To
            );
            return await RecordAsync(body, body.Hold, actor, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Lifts a hold, by id or name.</summary>
    public async Task<HoldOutcome> LiftAsync(string hold, ActorId actor, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            Hold? found = (await AllAsync(cancellation)).FirstOrDefault(h =>
                h.InForce && (h.Id == hold || h.Name == hold)
            );
            return found is null
                ? new HoldOutcome.Invalid($"There is no hold «{hold}» in force.")
                : await RecordAsync(new HoldLifted(found.Id), found.Id, actor, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private static string OrAll(string? pattern) => string.IsNullOrWhiteSpace(pattern) ? "*" : pattern.Trim();

    private async Task<HoldOutcome> RecordAsync(
        RecordBody body,
        string id,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        RecordDraft draft = new(body, HoldPlaced.Stream, actor, time.GetUtcNow());
        return await records.AppendAsync(new AppendRequest { Drafts = [draft] }, cancellation) switch
        {
            AppendOutcome.Appended => new HoldOutcome.Done((await AllAsync(cancellation)).First(h => h.Id == id)),
            AppendOutcome.Refused refused => new HoldOutcome.Refused(refused.Reason),
            _ => throw new InvalidOperationException("Nothing was expected of the stream."),
        };
    }
}
