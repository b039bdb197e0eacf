using System.Globalization;
using Custodiet.Archive;
using Custodiet.Records;
using Custodiet.Records.Ledger;
using Custodiet.Web;

namespace Custodiet.Retention;

/// <summary>Retention in words, for commands and pages.</summary>
internal static class RetentionWords
{
    public static string Keep(double? days) =>
        days is { } some
            ? string.Create(CultureInfo.InvariantCulture, $"{some:0.##} {(some == 1 ? "day" : "days")}")
            : "without end";

    public static string Of(HoldReason reason) => reason.ToString().ToLowerInvariant();

    public static string Of(Runway runway) =>
        runway switch
        {
            { End: RunwayEnd.Unknown } => "unknown: less than 10 minutes of events are archived",
            { End: RunwayEnd.Age } => $"deletion by age keeps pace with {Words.Bytes((long)runway.BytesPerDay!)} a day",
            { End: RunwayEnd.Budget } =>
                $"{Span(runway)} until archive.bytes_max deletes the oldest events, at {Words.Bytes((long)runway.BytesPerDay!)} a day",
            _ =>
                $"{Span(runway)} until the disk is full and inputs push back, at {Words.Bytes((long)runway.BytesPerDay!)} a day",
        };

    public static string Of(RetentionOutcome outcome)
    {
        string gone =
            outcome.Events == 0
                ? "nothing was due"
                : $"{Counted.Of(outcome.Events, "event")} deleted in {Counted.Of(outcome.Deletions, "segment")}, {Words.Bytes(outcome.FileBytes)} freed";
        string held =
            outcome.EventsHeld == 0 ? "" : $"; {Counted.Of(outcome.EventsHeld, "event")} stay because of holds";
        string over = outcome.OverBudget == 0 ? "" : $"; {Words.Bytes(outcome.OverBudget)} above the budget are held";
        return gone + held + over;
    }

    public static string Of(ErasureAnswer answer)
    {
        int records = answer.RecordsByType.Values.Sum();
        string types =
            records == 0 ? "" : $" ({string.Join(", ", answer.RecordsByType.Select(t => $"{t.Key} {t.Value}"))})";
        string held = answer.EventsHeld == 0 ? "" : $"; {Counted.Of(answer.EventsHeld, "event")} stay because of holds";
        return $"{Counted.Of(answer.Events, "event")}, {Counted.Of(records, "record")}{types}, {Counted.Of(answer.Findings, "finding")}, {Counted.Of(answer.Accounts, "account or token", "accounts and tokens")}{held}";
    }

    private static string Span(Runway runway) => Times.Span(runway.Left!.Value);
}
