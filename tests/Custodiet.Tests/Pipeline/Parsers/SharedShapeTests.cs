using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers;

/// <summary>What becomes of the shared recordings that are not Windows' own: parser, log sources and reasons, counted.</summary>
public class SharedShapeTests
{
    /// <summary>
    /// Events, shape: parser [log sources] reason. Zeek's without a time are loaded_scripts, which has none; Okta's and CloudTrail's without one are unit tests
    /// that leave it out; the line of Sysmon that breaks off was cut by its forwarder.
    /// </summary>
    private const string Expected = """
        2900 aws-cloudtrail: aws-cloudtrail [aws/*/cloudtrail]
        103 aws-cloudtrail-logstash: aws-cloudtrail [aws/*/cloudtrail]
        72 azure-sentinel-export: windows-log-analytics [windows/*/security]
        50 azure-sentinel-export: linux-auditd [linux/*/auditd]
        50 azure-sentinel-export: linux-sysmon [linux/process_termination/sysmon]
        33 azure-sentinel-export: windows-log-analytics [windows/image_load/sysmon]
        30 azure-sentinel-export: linux-sysmon [linux/process_creation/sysmon]
        26 azure-sentinel-export: windows-log-analytics [windows/registry_add/sysmon windows/registry_event/sysmon]
        15 azure-sentinel-export: generic-json []
        11 azure-sentinel-export: windows-log-analytics [windows/pipe_created/sysmon]
        6 azure-sentinel-export: linux-sysmon [linux/network_connection/sysmon]
        5 azure-sentinel-export: windows-log-analytics [windows/network_connection/sysmon]
        4 azure-sentinel-export: azure-log-analytics [azure/*/auditlogs]
        4 azure-sentinel-export: linux-sysmon [linux/file_event/sysmon]
        4 azure-sentinel-export: windows-log-analytics [windows/file_event/sysmon]
        3 azure-sentinel-export: windows-log-analytics [windows/file_delete/sysmon windows/file_delete_detected/sysmon]
        2 azure-sentinel-export: linux-sysmon [linux/file_delete/sysmon]
        2 azure-sentinel-export: windows-log-analytics [windows/dns_query/sysmon]
        2 azure-sentinel-export: windows-log-analytics [windows/process_creation/security]
        2 azure-sentinel-export: windows-log-analytics [windows/process_creation/sysmon]
        2 azure-sentinel-export: windows-log-analytics [windows/process_termination/sysmon]
        1 azure-sentinel-export: linux-sysmon [linux/process_creation/sysmon] Malformed
        1 azure-sentinel-export: m365-audit [m365/*/audit m365/*/exchange]
        1 azure-sentinel-export: windows-log-analytics [windows/*/application]
        18 linux-auditd-lines: linux-auditd [linux/*/auditd]
        1188 saas (other): generic-json [as it says itself]
        1029 saas (other): generic-json [as it says itself] NoEventTime
        444 saas (other): aws-cloudtrail [aws/*/cloudtrail]
        12 saas (other): aws-cloudtrail [aws/*/cloudtrail] NoEventTime
        11 saas (other): okta [okta/*/okta]
        8 saas (other): okta [okta/*/okta] NoEventTime
        2 saas (other): windows-wef-flat [windows/process_creation/security]
        1 saas (other): azure-monitor [azure/*/signinlogs]
        26 saas Azure.Audit: azure-monitor [azure/*/signinlogs]
        21 saas Azure.Audit: azure-monitor [azure/*/auditlogs]
        196 saas Azure.MonitorActivity: azure-monitor [azure/*/activitylogs]
        18 saas Azure.MonitorActivity: azure-monitor [azure/*/*]
        4 saas Microsoft365.Audit.AzureActiveDirectory: m365-audit [m365/*/audit]
        10 saas Microsoft365.Audit.Exchange: m365-audit [m365/*/audit m365/*/exchange]
        5 saas Microsoft365.Audit.SharePoint: m365-audit [m365/*/audit]
        1 saas MicrosoftDefenderXDR.AdvancedHunting: generic-json [*/advancedhunting-alertevidence/*]
        1 saas MicrosoftDefenderXDR.AdvancedHunting: generic-json [*/advancedhunting-alertinfo/*]
        2 saas MicrosoftGraph.SecurityAlertV2: generic-json [*/anonymouslogin/*] NoEventTime
        1 saas MicrosoftGraph.SecurityAlertV2: generic-json [*/informational/*] NoEventTime
        1 saas MicrosoftGraph.SecurityAlertV2: generic-json [*/passwordspray/*] NoEventTime
        3 saas MicrosoftIntune.AuditLogs: generic-json [*/auditlogs/*]
        1 saas MicrosoftIntune.AuditLogs: generic-json [*/auditlogs/*] NoEventTime
        2 saas MicrosoftIntune.OperationalLogs: generic-json [*/operationallogs/*]
        58 saas Okta.SystemLog: okta [okta/*/okta]
        8 saas Okta.SystemLog: okta [okta/*/okta] NoEventTime
        548 suricata-eve-alerts: suricata-eve [suricata/*/alert]
        7523 zeek: zeek [zeek/dns/dns]
        4496 zeek: zeek [zeek/*/conn]
        2880 zeek: zeek [zeek/*/*] NoEventTime
        1075 zeek: zeek [zeek/*/ssl]
        511 zeek: zeek [zeek/*/dce_rpc]
        500 zeek: zeek [zeek/*/files]
        394 zeek: zeek [zeek/*/x509]
        187 zeek: zeek [zeek/*/weird]
        174 zeek: zeek [zeek/*/*]
        152 zeek: zeek [zeek/*/kerberos]
        83 zeek: zeek [zeek/proxy/http]
        40 zeek: zeek [zeek/*/smb_mapping]
        21 zeek: zeek [zeek/*/smb_files]
        8 zeek: zeek [zeek/*/pe]
        3 zeek: zeek [zeek/*/notice]
        """;

    [Fact]
    public void EveryShapeIsRoutedToTheLogSourcesThatItsRulesAskFor()
    {
        string folder = Path.GetDirectoryName(TestPaths.Shared("data/sigma/events/README.md"))!;
        Reading reading = new();
        Dictionary<(string Shape, string Parser, string Sources, UnparsedReason Reason), long> tally = [];
        foreach (string file in Directory.EnumerateFiles(folder, "*.jsonl.gz").Order(StringComparer.Ordinal))
        {
            string shape = Path.GetFileName(file).Replace(".jsonl.gz", "", StringComparison.Ordinal);
            if (shape.StartsWith("windows", StringComparison.Ordinal) || shape == "mixed-stream")
            {
                continue;
            }
            using StreamReader lines = new(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                (string kind, byte[] raw) = Unwrap(shape, line);
                reading.Read(raw);
                string sources =
                    kind == Other && reading.Event.Parser == "generic-json"
                        ? "as it says itself"
                        : string.Join(" ", reading.LogSourcesNow);
                var key = (kind, reading.Event.Parser, sources, reading.Event.Unparsed);
                tally[key] = tally.GetValueOrDefault(key) + 1;
            }
        }
        Assert.Equal(Expected, string.Join("\n", Lines(tally)), ignoreLineEndingDifferences: true);
    }

    private const string Other = "saas (other)";

    private static IEnumerable<string> Lines(
        Dictionary<(string Shape, string Parser, string Sources, UnparsedReason Reason), long> tally
    ) =>
        tally
            .OrderBy(pair => pair.Key.Shape, StringComparer.Ordinal)
            .ThenByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key.Parser, StringComparer.Ordinal)
            .ThenBy(pair => pair.Key.Sources, StringComparer.Ordinal)
            .Select(pair =>
            {
                (string shape, string parser, string sources, UnparsedReason reason) = pair.Key;
                string unparsed = reason == UnparsedReason.None ? "" : $" {reason}";
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{pair.Value} {shape}: {parser} [{sources}]{unparsed}"
                );
            });

    /// <summary>The unit tests of other rules hold their event in a wrapper that says which service it is of.</summary>
    private static (string Kind, byte[] Raw) Unwrap(string shape, string line)
    {
        if (shape != "saas-cloud-panther-tests")
        {
            return (shape, Encoding.UTF8.GetBytes(line));
        }
        using JsonDocument document = JsonDocument.Parse(line);
        string kind = document.RootElement.GetProperty("log_type").GetString() ?? "";
        string raw = document.RootElement.GetProperty("event").GetRawText();
        bool audit =
            kind.Contains("Azure", StringComparison.Ordinal)
            || kind.Contains("Microsoft", StringComparison.Ordinal)
            || kind.Contains("Okta", StringComparison.Ordinal);
        return (audit ? $"saas {kind}" : Other, Encoding.UTF8.GetBytes(raw));
    }
}
