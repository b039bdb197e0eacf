namespace Custodiet.Process.Alerts;

/// <summary>Bounds of grouping. Every default is far above what a SOC of ten people meets in a day.</summary>
public sealed record AlertGroupingLimits
{
    /// <summary>How far, in event time, a finding may lie from an alert's events and still join it. Default 24 h.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Fingerprints whose alerts can be extended at a time. Past it the least recently used is forgotten: its next finding raises a new alert. Default 100,000.</summary>
    public int FingerprintsMax { get; init; } = 100_000;

    /// <summary>Alerts of one fingerprint that can be extended at a time, each in a window of its own; more than one when old events are sent. Default 4.</summary>
    public int WindowsPerFingerprintMax { get; init; } = 4;

    /// <summary>Findings that one record lists; more make further records. Default 200, about 24 KB of body.</summary>
    public int MembersPerRecordMax { get; init; } = 200;

    /// <summary>How often a plan is made anew because somebody changed an alert meanwhile. After that, the findings raise new alerts. Default 4.</summary>
    public int RetriesMax { get; init; } = 4;

    /// <summary>Findings of one other tool's alert that are remembered, so that a repeat is recognised. Default 256.</summary>
    public int RememberedFindingsMax { get; init; } = 256;
}
