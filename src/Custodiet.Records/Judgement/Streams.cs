using Custodiet.Records.Ledger;

namespace Custodiet.Records.Judgement;

/// <summary>
/// The names of streams. A stream's newest record is what a <see cref="Stores.StreamExpectation"/> compares with; a record moves its own stream
/// and that of every alert and case it names, so that two people cannot judge one alert by way of different streams.
/// </summary>
public static class Streams
{
    /// <summary>Records about an alert.</summary>
    public static string Of(AlertId alert) => $"alert/{alert}";

    /// <summary>Records about a case.</summary>
    public static string Of(CaseId id) => $"case/{id}";

    /// <summary>Records about a run.</summary>
    public static string Of(RunId run) => $"run/{run}";

    /// <summary>The alerts whose newest record a record becomes: <see cref="Alert.LastIndex"/> is then its index.</summary>
    public static IReadOnlyList<AlertId> AlertsMovedBy(RecordBody body) =>
        body switch
        {
            AlertRaised raised => [raised.Alert],
            AlertExtended extended => [extended.Alert],
            AlertAssigned assigned => [assigned.Alert],
            CaseOpened opened => opened.Alerts,
            CaseExtended extended => extended.Alerts,
            VerdictGiven verdict => verdict.Alerts,
            _ => [],
        };

    /// <summary>The case whose newest record a record becomes: <see cref="Case.LastIndex"/> is then its index.</summary>
    public static CaseId? CaseMovedBy(RecordBody body) =>
        body switch
        {
            CaseOpened opened => opened.Case,
            CaseExtended extended => extended.Case,
            CaseRestricted restricted => restricted.Case,
            CaseAssigned assigned => assigned.Case,
            CaseStateChanged changed => changed.Case,
            VerdictGiven verdict => verdict.Case,
            _ => null,
        };
}
