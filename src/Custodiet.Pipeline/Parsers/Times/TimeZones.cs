namespace Custodiet.Pipeline.Parsers;

/// <summary>Time zones as settings and content name them.</summary>
public static class TimeZones
{
    /// <summary>Finds a zone.</summary>
    /// <param name="id"><c>UTC</c>, an offset such as <c>+02:00</c>, or a name of the IANA database such as <c>Europe/Berlin</c>.</param>
    /// <param name="zone">The zone.</param>
    /// <returns>False when it is neither, or this machine has no time zone data for it.</returns>
    public static bool TryFind(string id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        ArgumentNullException.ThrowIfNull(id);
        zone = null;
        if (id is "UTC" or "Z")
        {
            zone = TimeZoneInfo.Utc;
        }
        else if (id.Length > 0 && id[0] is '+' or '-')
        {
            if (TimeParts.Zone(System.Text.Encoding.UTF8.GetBytes(id), out int minutes) && Math.Abs(minutes) <= 14 * 60)
            {
                zone = TimeZoneInfo.CreateCustomTimeZone(id, TimeSpan.FromMinutes(minutes), id, id);
            }
        }
        else
        {
            TimeZoneInfo.TryFindSystemTimeZoneById(id, out zone);
        }
        return zone is not null;
    }
}
