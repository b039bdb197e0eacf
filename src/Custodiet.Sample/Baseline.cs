using System.Globalization;

namespace Custodiet.Sample;

/// <summary>What goes on in the company on any day: processes, logons, names resolved, pages fetched, packets refused, calls to the cloud.</summary>
internal sealed class Baseline(SampleCompany company)
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";

    private static readonly (string Image, string Command, string Parent)[] programs =
    [
        (
            @"C:\Program Files\Google\Chrome\Application\chrome.exe",
            "chrome.exe --type=renderer --lang=de",
            @"C:\Program Files\Google\Chrome\Application\chrome.exe"
        ),
        (
            @"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE",
            "\"OUTLOOK.EXE\" /recycle",
            @"C:\Windows\explorer.exe"
        ),
        (
            @"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE",
            "\"EXCEL.EXE\" \"C:\\Users\\Public\\Documents\\budget.xlsx\"",
            @"C:\Windows\explorer.exe"
        ),
        (
            @"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
            "\"WINWORD.EXE\" /n \"minutes.docx\"",
            @"C:\Windows\explorer.exe"
        ),
        (
            @"C:\Windows\System32\svchost.exe",
            @"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule",
            @"C:\Windows\System32\services.exe"
        ),
        (
            @"C:\Windows\System32\backgroundTaskHost.exe",
            "backgroundTaskHost.exe -ServerName:App.AppX",
            @"C:\Windows\System32\svchost.exe"
        ),
        (
            @"C:\Windows\System32\conhost.exe",
            @"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1",
            @"C:\Windows\System32\cmd.exe"
        ),
        (@"C:\Windows\System32\taskhostw.exe", "taskhostw.exe", @"C:\Windows\System32\svchost.exe"),
        (@"C:\Program Files\Microsoft OneDrive\OneDrive.exe", "OneDrive.exe /background", @"C:\Windows\explorer.exe"),
        (
            @"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
            @"powershell.exe -File C:\Tools\inventory.ps1",
            @"C:\Windows\CCM\CcmExec.exe"
        ),
    ];

    private static readonly string[] sites =
    [
        "www.meridian.example",
        "mail.meridian.example",
        "docs.example.org",
        "news.example.net",
        "updates.example.com",
        "cdn.example.net",
        "maps.example.org",
    ];

    /// <summary>Adds the events of one minute.</summary>
    public void Minute(long minute, List<SampleEvent> events)
    {
        Random random = company.RandomFor(minute, 1);
        DateTimeOffset start = DateTimeOffset.FromUnixTimeSeconds(minute * 60);
        double activity = company.Activity(start);
        Times(random, 9 * activity, start, at => Workstation(random, at, events));
        Times(random, 1.2 + (2 * activity), start, at => Server(random, at, events));
        Times(random, 1.0, start, at => Linux(random, at, events));
        Times(random, 3 + (5 * activity), start, at => Network(random, at, events));
        Times(random, 0.3 + activity, start, at => Cloud(random, at, events));
        DateTimeOffset local = TimeZoneInfo.ConvertTime(start, company.Zone);
        if (local is { Hour: 2, Minute: < 20 })
        {
            Backup(random, start, events);
        }
    }

    private static void Times(Random random, double mean, DateTimeOffset start, Action<DateTimeOffset> make)
    {
        int count = (int)mean + (random.NextDouble() < mean - Math.Floor(mean) ? 1 : 0);
        for (int n = 0; n < count; n++)
        {
            make(start.AddMilliseconds(random.Next(60_000)));
        }
    }

    private void Workstation(Random random, DateTimeOffset at, List<SampleEvent> events)
    {
        SampleHost host = Pick(random, company.Workstations);
        long record = at.ToUnixTimeMilliseconds() / 250;
        int kind = random.Next(10);
        if (kind < 5)
        {
            (string image, string command, string parent) = programs[random.Next(programs.Length)];
            events.Add(Shapes.Winlogbeat(at, host, Sysmon, 1, record, Process(random, host, image, command, parent)));
        }
        else if (kind < 7)
        {
            events.Add(
                Shapes.Winlogbeat(
                    at,
                    host,
                    Sysmon,
                    22,
                    record,
                    new()
                    {
                        ["Image"] = programs[0].Image,
                        ["QueryName"] = sites[random.Next(sites.Length)],
                        ["QueryStatus"] = "0",
                        ["User"] = @"MERIDIAN\" + host.User,
                    }
                )
            );
        }
        else if (kind < 9)
        {
            events.Add(
                Shapes.Winlogbeat(
                    at,
                    host,
                    Sysmon,
                    3,
                    record,
                    new()
                    {
                        ["Image"] = programs[0].Image,
                        ["Protocol"] = "tcp",
                        ["Initiated"] = "true",
                        ["SourceIp"] = host.Address,
                        ["DestinationIp"] = "203.0.113." + random.Next(1, 250).ToString(CultureInfo.InvariantCulture),
                        ["DestinationPort"] = "443",
                    }
                )
            );
        }
        else
        {
            events.Add(Shapes.Winlogbeat(at, host, "Security", 4624, record, Logon(host.User, "2", host.Address)));
        }
    }

    private void Server(Random random, DateTimeOffset at, List<SampleEvent> events)
    {
        SampleHost host = Pick(random, company.Servers);
        long record = at.ToUnixTimeMilliseconds() / 400;
        SampleHost client = Pick(random, company.Workstations);
        switch (random.Next(8))
        {
            case 0:
                events.Add(Shapes.NxLog(at, host, "Security", 4625, record, Logon(client.User, "3", client.Address)));
                break;
            case < 6:
                events.Add(Shapes.NxLog(at, host, "Security", 4624, record, Logon(client.User, "3", client.Address)));
                break;
            default:
                (string image, string command, string parent) = programs[4 + random.Next(2)];
                events.Add(Shapes.NxLog(at, host, Sysmon, 1, record, Process(random, host, image, command, parent)));
                break;
        }
    }

    private void Linux(Random random, DateTimeOffset at, List<SampleEvent> events)
    {
        SampleHost host = Pick(random, company.LinuxHosts);
        if (random.Next(3) == 0)
        {
            string user = Pick(random, company.Workstations).User;
            events.Add(
                Shapes.Flat(
                    at,
                    host.Name,
                    "linux",
                    null,
                    "sshd",
                    new()
                    {
                        ["message"] =
                            $"Accepted publickey for {user} from 10.20.1.{random.Next(10, 60)} port {random.Next(1024, 65_000)} ssh2",
                        ["user"] = user,
                    }
                )
            );
            return;
        }
        string[] commands =
        [
            "/usr/sbin/cron -f",
            "/usr/bin/find /tmp -mtime +7",
            "/usr/bin/python3 /opt/monitor/probe.py",
            "/usr/sbin/logrotate /etc/logrotate.conf",
        ];
        string command = commands[random.Next(commands.Length)];
        events.Add(
            Shapes.Flat(
                at,
                host.Name,
                "linux",
                "process_creation",
                null,
                new()
                {
                    ["Image"] = command.Split(' ')[0],
                    ["CommandLine"] = command,
                    ["ParentImage"] = "/usr/lib/systemd/systemd",
                    ["User"] = "root",
                }
            )
        );
    }

    private void Network(Random random, DateTimeOffset at, List<SampleEvent> events)
    {
        SampleHost host = Pick(random, company.Workstations);
        if (random.Next(2) == 0)
        {
            events.Add(
                Shapes.Flat(
                    at,
                    "fw-01",
                    "firewall",
                    "firewall",
                    null,
                    new()
                    {
                        ["action"] = random.Next(5) == 0 ? "deny" : "accept",
                        ["src_ip"] = host.Address,
                        ["dst_ip"] = "198.51.100." + random.Next(1, 250).ToString(CultureInfo.InvariantCulture),
                        ["dst_port"] = random.Next(4) == 0 ? 80 : 443,
                    }
                )
            );
            return;
        }
        string site = sites[random.Next(sites.Length)];
        events.Add(
            Shapes.Flat(
                at,
                "proxy-01",
                "proxy",
                "proxy",
                null,
                new()
                {
                    ["c-ip"] = host.Address,
                    ["cs-username"] = host.User,
                    ["cs-method"] = random.Next(9) == 0 ? "POST" : "GET",
                    ["cs-host"] = site,
                    ["c-uri"] = $"https://{site}/page/{random.Next(1_000)}",
                    ["sc-status"] = 200,
                    ["cs-bytes"] = random.Next(300, 9_000),
                    ["c-useragent"] = "Mozilla/5.0",
                }
            )
        );
    }

    private void Cloud(Random random, DateTimeOffset at, List<SampleEvent> events)
    {
        SampleHost host = Pick(random, company.Workstations);
        if (random.Next(3) > 0)
        {
            events.Add(
                Shapes.Flat(
                    at,
                    "idp.meridian.example",
                    "idp",
                    null,
                    "signin",
                    new()
                    {
                        ["user"] = host.User + "@meridian.example",
                        ["result"] = random.Next(20) == 0 ? "failure" : "success",
                        ["ip"] = host.Address,
                        ["application"] = "mail",
                    }
                )
            );
            return;
        }
        string[] names = ["DescribeInstances", "ListBuckets", "GetObject", "DescribeLogGroups"];
        string name = names[random.Next(names.Length)];
        events.Add(
            Shapes.CloudTrail(
                at,
                name.Contains("Bucket", StringComparison.Ordinal) ? "s3.amazonaws.com" : "ec2.amazonaws.com",
                name,
                "ci-deploy",
                "198.51.100.20"
            )
        );
    }

    private void Backup(Random random, DateTimeOffset start, List<SampleEvent> events)
    {
        SampleHost backup = company.LinuxHosts[6];
        events.Add(
            Shapes.Flat(
                start.AddSeconds(random.Next(60)),
                backup.Name,
                "linux",
                "process_creation",
                null,
                new()
                {
                    ["Image"] = "/usr/bin/rsync",
                    ["CommandLine"] = "/usr/bin/rsync -a fs-01:/data/ /backup/nightly/",
                    ["ParentImage"] = "/usr/sbin/cron",
                    ["User"] = "backup",
                }
            )
        );
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    internal static Dictionary<string, string> Process(
        Random random,
        SampleHost host,
        string image,
        string command,
        string parent,
        string? user = null
    ) =>
        new()
        {
            ["UtcTime"] = "-",
            ["ProcessId"] = random.Next(400, 20_000).ToString(CultureInfo.InvariantCulture),
            ["Image"] = image,
            ["CommandLine"] = command,
            ["CurrentDirectory"] = @"C:\Windows\system32\",
            ["User"] = @"MERIDIAN\" + (user ?? host.User),
            ["IntegrityLevel"] = "Medium",
            ["ParentImage"] = parent,
            ["ParentCommandLine"] = parent,
        };

    private static Dictionary<string, string> Logon(string user, string type, string address) =>
        new()
        {
            ["TargetUserName"] = user,
            ["TargetDomainName"] = "MERIDIAN",
            ["LogonType"] = type,
            ["IpAddress"] = address,
            ["AuthenticationPackageName"] = "Kerberos",
        };
}
