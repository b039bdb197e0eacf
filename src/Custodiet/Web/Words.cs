using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;

namespace Custodiet.Web;

/// <summary>The words and icons that stand for the values of records. Colour never stands alone: each has both.</summary>
internal static class Words
{
    /// <summary>A severity in a word.</summary>
    public static string Of(Severity severity) =>
        severity switch
        {
            Severity.Fatal => "Fatal",
            Severity.Critical => "Critical",
            Severity.High => "High",
            Severity.Medium => "Medium",
            Severity.Low => "Low",
            Severity.Informational => "Info",
            _ => "Unknown",
        };

    /// <summary>The icon that goes with it.</summary>
    public static string IconOf(Severity severity) =>
        severity switch
        {
            Severity.Fatal or Severity.Critical => "alert-octagon",
            Severity.High => "alert-triangle",
            Severity.Medium => "alert-circle",
            Severity.Low => "info-circle",
            Severity.Informational => "circle",
            _ => "help-circle",
        };

    /// <summary>A verdict in words, as OCSF names it.</summary>
    public static string Of(Verdict verdict) =>
        verdict switch
        {
            Verdict.FalsePositive => "False positive",
            Verdict.TruePositive => "True positive",
            Verdict.SecurityRisk => "Security risk",
            Verdict.InsufficientData => "Insufficient data",
            Verdict.ManagedExternally => "Managed externally",
            _ => verdict.ToString(),
        };

    /// <summary>An alert's state in words.</summary>
    public static string Of(AlertState state) =>
        state switch
        {
            AlertState.New => "new",
            AlertState.InProgress => "in progress",
            _ => "judged",
        };

    /// <summary>A case's state in words.</summary>
    public static string Of(CaseState state) =>
        state switch
        {
            CaseState.New => "new",
            CaseState.InProgress => "in progress",
            CaseState.OnHold => "on hold",
            CaseState.Resolved => "resolved",
            _ => "closed",
        };

    /// <summary>A whole number with separators.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in the largest unit that keeps three digits.</summary>
    public static string Bytes(long bytes) =>
        bytes switch
        {
            < 1_000 => $"{bytes} B",
            < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} KB"),
            < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
        };

    /// <summary>A share in percent with one decimal; a small one with three, so that it never looks like none.</summary>
    public static string Percent(double share) =>
        (share * 100) switch
        {
            0 => "0 %",
            < 0.001 => "under 0.001 %",
            < 0.1 and var small => string.Create(CultureInfo.InvariantCulture, $"{small:0.###} %"),
            var large => string.Create(CultureInfo.InvariantCulture, $"{large:0.#} %"),
        };

    /// <summary>A noun with its number, in the singular for one.</summary>
    public static string Count(long value, string one, string? many = null) => Counted.Of(value, one, many);
}
