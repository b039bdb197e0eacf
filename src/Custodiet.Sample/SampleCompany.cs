namespace Custodiet.Sample;

/// <summary>
/// A small company that exists only here: forty workstations, six servers, eight Linux hosts, a firewall, a DNS and web proxy, a cloud
/// account and an identity provider. The same seed gives the same company and the same days.
/// </summary>
public sealed class SampleCompany
{
    /// <summary>The seed that documentation and screenshots use.</summary>
    public const int DefaultSeed = 20_260_302;

    private static readonly string[] given =
    [
        "ada",
        "bruno",
        "clara",
        "david",
        "elif",
        "felix",
        "greta",
        "hugo",
        "ines",
        "jonas",
        "karla",
        "lena",
        "mira",
        "nils",
        "olga",
        "paul",
        "rosa",
        "sven",
        "tarek",
        "ute",
    ];

    private static readonly string[] serverNames = ["DC-01", "DC-02", "FS-01", "SQL-01", "APP-01", "MGMT-01"];

    private static readonly string[] linuxNames =
    [
        "web-1",
        "web-2",
        "db-1",
        "ci-1",
        "bastion-1",
        "bastion-2",
        "backup-1",
        "mon-1",
    ];

    private static readonly string[] family = ["brandt", "cohen", "dietz", "engel", "frank", "kaya"];

    /// <summary>Creates the company.</summary>
    /// <param name="seed">Draws everything that is drawn.</param>
    public SampleCompany(int seed = DefaultSeed)
    {
        Seed = seed;
        Workstations =
        [
            .. Enumerable
                .Range(1, 40)
                .Select(n => new SampleHost(
                    $"WS-{n:000}.meridian.example",
                    $"10.20.{1 + (n / 20)}.{10 + n}",
                    UserOf(n)
                )),
        ];
        Servers =
        [
            .. serverNames.Select(
                (name, n) => new SampleHost($"{name}.meridian.example", $"10.20.0.{10 + n}", "SYSTEM")
            ),
        ];
        LinuxHosts = [.. linuxNames.Select((name, n) => new SampleHost(name, $"10.30.0.{10 + n}", "root"))];
    }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>Windows workstations, one user each.</summary>
    public IReadOnlyList<SampleHost> Workstations { get; }

    /// <summary>Windows servers.</summary>
    public IReadOnlyList<SampleHost> Servers { get; }

    /// <summary>Linux hosts.</summary>
    public IReadOnlyList<SampleHost> LinuxHosts { get; }

    /// <summary>The company's time zone.</summary>
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    /// <summary>
    /// All events of a span, in the order of their times: the baseline, and the intrusion where the span covers it.
    /// Spans may be asked for in any pieces; together they give the same events.
    /// </summary>
    /// <param name="from">First instant.</param>
    /// <param name="until">Instant after the last.</param>
    /// <param name="anchor">The instant that the intrusion is placed before: usually when the sample was begun.</param>
    public IEnumerable<SampleEvent> Between(DateTimeOffset from, DateTimeOffset until, DateTimeOffset anchor)
    {
        Baseline baseline = new(this);
        Intrusion intrusion = new(this, anchor);
        long first = from.ToUnixTimeSeconds() / 60;
        long last = (until.ToUnixTimeSeconds() + 59) / 60;
        for (long minute = first; minute < last; minute++)
        {
            List<SampleEvent> events = [];
            baseline.Minute(minute, events);
            intrusion.Minute(minute, events);
            events.Sort((a, b) => a.At.CompareTo(b.At));
            foreach (SampleEvent item in events)
            {
                if (item.At >= from && item.At < until)
                {
                    yield return item;
                }
            }
        }
    }

    /// <summary>What was done to the company, and what is true of it.</summary>
    /// <param name="anchor">As for <see cref="Between"/>.</param>
    public IReadOnlyList<SampleTruth> Truth(DateTimeOffset anchor) => new Intrusion(this, anchor).Truth;

    /// <summary>A random source for one minute of one part, the same whatever span is asked for.</summary>
    internal Random RandomFor(long minute, int part) => new(HashCode(Seed, minute, part));

    /// <summary>How busy the company is: 1 at the busiest, by hour and weekday, with a lunch dip.</summary>
    internal double Activity(DateTimeOffset at)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(at, Zone);
        if (local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
        {
            return 0.04;
        }
        double hour = local.TimeOfDay.TotalHours;
        return hour switch
        {
            < 6.5 => 0.03,
            < 9 => 0.03 + (0.97 * (hour - 6.5) / 2.5),
            < 12 => 1,
            < 13 => 0.55,
            < 17 => 0.95,
            < 19.5 => 0.95 - (0.87 * (hour - 17) / 2.5),
            _ => 0.06,
        };
    }

    // The framework's own HashCode is seeded per process and would give another company each day.
    private static int HashCode(int seed, long minute, int part)
    {
        unchecked
        {
            ulong value = (ulong)seed * 0x9E3779B97F4A7C15UL;
            value ^= (ulong)minute + 0xBF58476D1CE4E5B9UL + (value << 6) + (value >> 2);
            value *= 0x94D049BB133111EBUL;
            value ^= (ulong)part + (value << 6) + (value >> 2);
            value *= 0x9E3779B97F4A7C15UL;
            return (int)(value >> 33);
        }
    }

    private static string UserOf(int number) => $"{given[number % given.Length]}.{family[number % family.Length]}";
}

/// <summary>A host of the sample company.</summary>
/// <param name="Name">Its name as events carry it.</param>
/// <param name="Address">Its IPv4 address.</param>
/// <param name="User">Who works on it.</param>
public sealed record SampleHost(string Name, string Address, string User);
