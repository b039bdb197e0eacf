using System.Text.Json.Serialization;
using Custodiet.Records.Events;
using Custodiet.Records.Judgement;

namespace Custodiet.Records.Ledger;

/// <summary>The service began to use a set of content.</summary>
/// <param name="Digest">SHA-256 over all content files, lower-case hex.</param>
/// <param name="RulesLoaded">Rules in use.</param>
/// <param name="RulesRefused">Rules refused.</param>
/// <param name="Parsers">Parsers in use.</param>
/// <param name="Processes">Processes in use.</param>
public sealed record ContentLoaded(
    string Digest,
    int RulesLoaded,
    int RulesRefused,
    int Parsers,
    IReadOnlyList<ProcessReference> Processes
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "content.loaded/1";
}

/// <summary>A segment of events became part of the archive.</summary>
/// <param name="Name">File name below the archive's folder.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="FirstOffset">First event.</param>
/// <param name="LastOffset">Last event.</param>
/// <param name="Events">How many events.</param>
/// <param name="Unparsed">How many of them are not parsed.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="Replaces">Segments that it replaces, after compaction.</param>
public sealed record SegmentArchived(
    string Name,
    string Sha256,
    long FirstOffset,
    long LastOffset,
    long Events,
    long Unparsed,
    long RawBytes,
    IReadOnlyList<string> Replaces
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "segment.archived/1";
}

/// <summary>Events of a source were seen for the first time.</summary>
public sealed record SourceDiscovered(SourceKey Source, string Parser, DateTimeOffset FirstEventAt) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "source.discovered/1";
}

/// <summary>A route passed over items, because its destination did not take them for as long as they were kept.</summary>
/// <param name="Route">The route.</param>
/// <param name="FirstPosition">The first item that was passed over: an event's offset, or what its kind counts by.</param>
/// <param name="NextPosition">The first item that was not.</param>
/// <param name="Reason">Why.</param>
public sealed record RouteSkipped(string Route, long FirstPosition, long NextPosition, string Reason) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "route.skipped/1";
}

/// <summary>The service started.</summary>
public sealed record ServiceStarted(string Version, bool AfterCleanStop) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "service.started/1";
}

/// <summary>Checkpoints are copied to a place outside from now on, or no longer.</summary>
public sealed record LedgerAnchored(string Kind, string Target, bool Active) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "ledger.anchored/1";
}

/// <summary>First entry of a log that continues after a restored, shorter one.</summary>
public sealed record LedgerContinued(string OldOrigin, string LastKnownCheckpoint, long RestoredSize) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "ledger.continued/1";
}

/// <summary>Events of a sender that could not wait were not taken, within about a minute.</summary>
/// <param name="Input">The input, for example <c>syslog-udp</c>.</param>
/// <param name="Sender">The sender's address; <c>(kernel)</c> where the kernel dropped them and nobody knows whose they were; <c>(others)</c> for senders beyond the bound.</param>
/// <param name="Declaration">What the sender is declared as, or null.</param>
/// <param name="Criticality">How critical it is declared; normal where it is not.</param>
/// <param name="Reason">Why.</param>
/// <param name="Events">How many.</param>
/// <param name="From">When the first was shed.</param>
/// <param name="To">When the last was.</param>
public sealed record EventsShed(
    string Input,
    string Sender,
    string? Declaration,
    Criticality Criticality,
    ShedReason Reason,
    long Events,
    DateTimeOffset From,
    DateTimeOffset To
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "events.shed/1";

    /// <summary>The stream of what was shed in an hour (UTC): <c>shedding/2026-03-02T08</c>.</summary>
    public static string StreamOf(DateTimeOffset at) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"shedding/{at.UtcDateTime:yyyy-MM-dd'T'HH}");
}

/// <summary>Why events of a sender that cannot wait are not taken.</summary>
public enum ShedReason
{
    /// <summary>Too much waits for the queue, and others are at least as critical.</summary>
    QueueFull,

    /// <summary>The sender sends more than it may.</summary>
    OverQuota,

    /// <summary>The kernel's buffer was full before they could be read.</summary>
    KernelBuffer,
}
