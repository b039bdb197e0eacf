namespace Custodiet.Analytics.Matching;

/// <summary>Applies <see cref="AnalyticsLimits.ValueBytesMax"/>.</summary>
internal static class ValueLimit
{
    public static bool IsCut(ReadOnlySpan<byte> value) => value.Length > AnalyticsLimits.ValueBytesMax;

    /// <summary>The part of a value that is searched: all of it, or the first bytes up to a whole code point.</summary>
    public static ReadOnlySpan<byte> Head(ReadOnlySpan<byte> value)
    {
        if (!IsCut(value))
        {
            return value;
        }
        int end = AnalyticsLimits.ValueBytesMax;
        while (end > 0 && IsContinuation(value[end]))
        {
            end--;
        }
        return value[..end];
    }

    /// <summary>The end of a value: at least so many bytes, from a whole code point on.</summary>
    public static ReadOnlySpan<byte> Tail(ReadOnlySpan<byte> value, int bytes)
    {
        int start = Math.Max(0, value.Length - bytes);
        while (start > 0 && IsContinuation(value[start]))
        {
            start--;
        }
        return value[start..];
    }

    private static bool IsContinuation(byte b) => (b & 0xC0) == 0x80;
}
