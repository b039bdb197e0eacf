using System.Globalization;
using System.Text;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.Records;
using Custodiet.Sample;

namespace Custodiet.Streaming;

/// <summary>
/// Plays the sample company into the product's own input: past days at full speed, then live. Where it stands is kept in the data
/// folder; each piece has a key, so that a restart neither repeats nor leaves out anything.
/// </summary>
internal static class SampleFeed
{
    /// <summary>Past days that are played.</summary>
    public const int DefaultDays = 14;

    private static readonly TimeSpan piece = TimeSpan.FromHours(2);

    public static async Task RunAsync(Flow flow, int days, Action<string> say, CancellationToken cancellation)
    {
        SampleCompany company = new();
        string placeFile = Path.Combine(flow.Folder.Root, "sample.json");
        DateTimeOffset now = Second(flow.Time.GetUtcNow());
        Place place = File.Exists(placeFile)
            ? JsonSerializer.Deserialize<Place>(await File.ReadAllTextAsync(placeFile, cancellation))!
            : new Place(company.Seed, now, now.AddDays(-days));
        if (place.PlayedUntil < now - piece)
        {
            say($"Playing the sample company from {place.PlayedUntil:u} to now.");
        }
        long events = 0;
        bool live = false;
        while (true)
        {
            now = Second(flow.Time.GetUtcNow());
            DateTimeOffset until = place.PlayedUntil + piece < now ? place.PlayedUntil + piece : now;
            if (until <= place.PlayedUntil)
            {
                if (!live)
                {
                    say($"The sample company has caught up: {Counted.Of(events, "event")} played; it goes on live.");
                    live = true;
                }
                await Task.Delay(TimeSpan.FromSeconds(5), flow.Time, cancellation);
                continue;
            }
            events += await SendAsync(flow, company, place, until, cancellation);
            place = place with { PlayedUntil = until };
            await File.WriteAllTextAsync(placeFile + ".tmp", JsonSerializer.Serialize(place), cancellation);
            File.Move(placeFile + ".tmp", placeFile, overwrite: true);
        }
    }

    private static async Task<int> SendAsync(
        Flow flow,
        SampleCompany company,
        Place place,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        StringBuilder lines = new();
        int count = 0;
        foreach (SampleEvent item in company.Between(place.PlayedUntil, until, place.Anchor))
        {
            lines.Append(item.Json).Append('\n');
            count++;
        }
        if (count == 0)
        {
            return 0;
        }
        string key = string.Create(CultureInfo.InvariantCulture, $"sample:{place.Seed}:{place.PlayedUntil:O}");
        string body = lines.ToString();
        while (true)
        {
            switch (await flow.Intake.TakeAsync("sample", Encoding.UTF8.GetBytes(body), key, cancellation))
            {
                case IntakeOutcome.Taken:
                    return count;
                case IntakeOutcome.Unreadable bug:
                    throw new InvalidOperationException($"The sample made events that the input refuses: {bug.Reason}");
                default:
                    await Task.Delay(TimeSpan.FromSeconds(1), flow.Time, cancellation);
                    break;
            }
        }
    }

    private static DateTimeOffset Second(DateTimeOffset at) =>
        DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());

    private sealed record Place(int Seed, DateTimeOffset Anchor, DateTimeOffset PlayedUntil);
}
