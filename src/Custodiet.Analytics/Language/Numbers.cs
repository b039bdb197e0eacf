using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Custodiet.Analytics.Language;

/// <summary>Numbers in rules and events, brought to one spelling so that equal numbers have equal text.</summary>
internal static class Numbers
{
    /// <summary>Whether the text is an integer as JSON writes it: its spelling is already the only one.</summary>
    public static bool IsPlainInteger(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = text is [(byte)'-', ..] ? text[1..] : text;
        return digits.Length > 0
            && digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && (digits[0] != (byte)'0' || (digits.Length == 1 && digits.Length == text.Length));
    }

    /// <summary>The one spelling of a number: a plain integer as it is, all else through <see cref="decimal"/> or, past its range, <see cref="double"/>.</summary>
    /// <returns>Null when the text is no number.</returns>
    public static string? Canonical(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (IsPlainInteger(bytes))
        {
            return text;
        }
        if (
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact)
            && (exact != 0 || IsZero(text))
        )
        {
            return (exact == 0 ? 0m : exact / 1.000000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value.ToString("R", CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>Reads a decimal number that fills the whole text.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out double number) =>
        Utf8Parser.TryParse(
            text is [(byte)'+', ..] ? text[1..] : text,
            out number,
            out int consumed,
            StandardFormat(text)
        )
        && consumed == (text is [(byte)'+', ..] ? text.Length - 1 : text.Length)
        && double.IsFinite(number);

    private static char StandardFormat(ReadOnlySpan<byte> text) =>
        text.IndexOfAny((byte)'e', (byte)'E') < 0 ? 'F' : 'E';

    private static bool IsZero(string text) =>
        text.AsSpan().IndexOfAnyInRange('1', '9') < 0
        || text.IndexOfAny(['e', 'E']) is var e and >= 0 && text.AsSpan(0, e).IndexOfAnyInRange('1', '9') < 0;
}
