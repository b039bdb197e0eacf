using System.Globalization;

namespace Custodiet.Records;

/// <summary>Numbers with their noun in English, for whatever people read.</summary>
public static class Counted
{
    /// <summary>«1 finding», «0 findings», «1,204 findings».</summary>
    /// <param name="number">How many.</param>
    /// <param name="one">The noun for one.</param>
    /// <param name="many">The noun for any other number; null adds an <c>s</c>.</param>
    public static string Of(long number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {(number == 1 ? one : many ?? one + "s")}");
}
