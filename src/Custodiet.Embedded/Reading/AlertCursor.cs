using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Custodiet.Records.Judgement;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Reading;

/// <summary>Where a page ended, as opaque text: the sort key of its last item. What cannot be read, or belongs to another order, starts at the beginning.</summary>
/// <param name="Order">The order of the list.</param>
/// <param name="Key">Severity or ticks of the last event; 0 where the number alone decides.</param>
/// <param name="Number">The alert's number.</param>
internal readonly record struct AlertCursor(AlertOrder Order, long Key, long Number)
{
    public static AlertCursor After(AlertOrder order, Alert alert) =>
        new(
            order,
            order switch
            {
                AlertOrder.Work => (long)alert.Severity,
                AlertOrder.Newest => alert.LastEventAt.UtcTicks,
                _ => 0,
            },
            alert.Number
        );

    public static AlertCursor? Read(AlertOrder order, string? text)
    {
        return Cursor.Read(text) is [var named, var key, var number] && named == (long)order
            ? new AlertCursor(order, key, number)
            : null;
    }

    public override string ToString() => Cursor.Write((long)Order, Key, Number);
}

/// <summary>Numbers as opaque text.</summary>
internal static class Cursor
{
    /// <summary>Characters of a cursor at most; a longer text is none of ours.</summary>
    private const int CharactersMax = 200;

    public static string Write(params ReadOnlySpan<long> numbers)
    {
        StringBuilder text = new();
        foreach (long number in numbers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "" : ".")}{number}");
        }
        return Base64Url.EncodeToString(Encoding.ASCII.GetBytes(text.ToString()));
    }

    public static long[]? Read(string? text)
    {
        if (text is null or { Length: 0 or > CharactersMax } || !Base64Url.IsValid(text))
        {
            return null;
        }
        string[] parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split('.');
        long[] numbers = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }
        return numbers;
    }
}
