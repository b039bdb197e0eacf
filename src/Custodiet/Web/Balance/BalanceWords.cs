using System.Globalization;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Balance;

/// <summary>How the page writes pieces, gaps and differences.</summary>
internal static class BalanceWords
{
    /// <summary>When a piece begins, in the reader's time zone.</summary>
    public static string Begin(DateTimeOffset at, BalanceStep step, TimeZoneInfo zone) =>
        TimeZoneInfo
            .ConvertTime(at, zone)
            .ToString(
                step switch
                {
                    BalanceStep.Minute => "HH:mm",
                    BalanceStep.Hour => "dd MMM HH:mm",
                    _ => "yyyy-MM-dd",
                },
                CultureInfo.InvariantCulture
            );

    /// <summary>Why figures are missing.</summary>
    public static string Of(BalanceGap gap) =>
        gap switch
        {
            BalanceGap.NotRunning => "Custodiet did not run",
            BalanceGap.NotWritten => "nothing was written",
            BalanceGap.Unknown => "nothing is known",
            _ => "",
        };

    /// <summary>What is to be said of a piece beside its figures.</summary>
    public static IEnumerable<string> Remarks(BalancePiece piece)
    {
        if (piece is { Span: not null, Gap: not BalanceGap.None })
        {
            yield return $"{Of(piece.Gap)} for {Times.Span(TimeSpan.FromSeconds(piece.MissingSeconds))} of it";
        }
        if (piece.Span is { Interrupted: > 0 })
        {
            yield return "Custodiet was interrupted here: what arrived is taken from what was kept";
        }
        if (piece.Span is { ClockSteps: > 0 })
        {
            yield return "the clock was set back to here: two times are added up";
        }
    }

    /// <summary>By how much which sums do not hold.</summary>
    public static IEnumerable<string> Of(BalanceDifferences differences) =>
        Differences(differences)
            .Where(difference => difference.Count != 0)
            .Select(difference => $"{difference.Sum} {Signed(difference.Count)}");

    /// <summary>A number with its sign.</summary>
    public static string Signed(long count) => (count > 0 ? "+" : "−") + Words.Number(Math.Abs(count));

    private static IEnumerable<(string Sum, long Count)> Differences(BalanceDifferences differences) =>
        [
            ("inputs", differences.Input),
            ("parsing", differences.Analysis),
            ("rules", differences.Rules),
            ("archive", differences.Archive),
            ("routes", differences.Routes),
        ];
}
