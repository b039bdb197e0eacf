using System.Text;
using System.Text.Json;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

/// <summary>
/// Reads an EVTX record in JSON as far as the regression cases need it, so that rules can be tested without the pipeline.
/// Log sources: Sigma's taxonomy («thor» mapping of SigmaHQ), written down for the channels of the cases.
/// </summary>
internal static class WindowsEvent
{
    private static readonly Dictionary<int, string[]> SysmonCategories = new()
    {
        [1] = ["process_creation"],
        [2] = ["file_change"],
        [3] = ["network_connection"],
        [5] = ["process_termination"],
        [6] = ["driver_load"],
        [7] = ["image_load"],
        [8] = ["create_remote_thread"],
        [9] = ["raw_access_thread"],
        [10] = ["process_access"],
        [11] = ["file_event"],
        [12] = ["registry_event", "registry_add", "registry_delete"],
        [13] = ["registry_event", "registry_set"],
        [14] = ["registry_event", "registry_rename"],
        [15] = ["create_stream_hash"],
        [17] = ["pipe_created"],
        [18] = ["pipe_created"],
        [19] = ["wmi_event"],
        [20] = ["wmi_event"],
        [21] = ["wmi_event"],
        [22] = ["dns_query"],
        [23] = ["file_delete"],
        [25] = ["process_tampering"],
        [26] = ["file_delete"],
        [27] = ["file_block_executable"],
        [29] = ["file_executable_detected"],
    };

    private static readonly (string Channel, string Service)[] Services =
    [
        ("Security", "security"),
        ("System", "system"),
        ("Application", "application"),
        ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
        ("Microsoft-Windows-PowerShell/Operational", "powershell"),
        ("Windows PowerShell", "powershell-classic"),
        ("Microsoft-Windows-Windows Defender/Operational", "windefend"),
        ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
        ("Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"),
        ("Microsoft-Windows-AppLocker/EXE and DLL", "applocker"),
        ("Microsoft-Windows-Bits-Client/Operational", "bits-client"),
        ("Microsoft-Windows-CodeIntegrity/Operational", "codeintegrity-operational"),
        ("Microsoft-Windows-DNS-Client/Operational", "dns-client"),
        ("Microsoft-Windows-NTLM/Operational", "ntlm"),
        ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "firewall-as"),
        ("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "terminalservices-localsessionmanager"),
        ("Microsoft-Windows-AppXDeploymentServer/Operational", "appxdeployment-server"),
        ("Microsoft-Windows-Shell-Core/Operational", "shell-core"),
        ("Microsoft-Windows-SmbClient/Connectivity", "smbclient-connectivity"),
    ];

    public static Event Read(JsonElement record, FieldTable fields, LogSourceTable logSources)
    {
        Event e = new();
        JsonElement body = record.GetProperty("Event");
        JsonElement system = body.GetProperty("System");
        foreach (JsonProperty property in system.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty attribute in property.Value.GetProperty("#attributes").EnumerateObject())
                {
                    Add(e, fields, $"{property.Name}_{attribute.Name}", attribute.Value);
                }
            }
            else
            {
                Add(e, fields, property.Name, property.Value);
            }
        }
        AddData(e, fields, body);
        string channel = system.GetProperty("Channel").GetString()!;
        int id =
            system.GetProperty("EventID").ValueKind == JsonValueKind.Number
                ? system.GetProperty("EventID").GetInt32()
                : 0;
        e.LogSources = logSources.Intern(LogSourcesOf(channel, id));
        return e;
    }

    private static void AddData(Event e, FieldTable fields, JsonElement body)
    {
        if (body.TryGetProperty("EventData", out JsonElement data) && data.ValueKind == JsonValueKind.Object)
        {
            Flatten(e, fields, data);
        }
        if (body.TryGetProperty("UserData", out JsonElement user) && user.ValueKind == JsonValueKind.Object)
        {
            foreach (
                JsonProperty wrapper in user.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object)
            )
            {
                Flatten(e, fields, wrapper.Value);
            }
        }
    }

    private static IEnumerable<LogSource> LogSourcesOf(string channel, int id)
    {
        string? service = Services.FirstOrDefault(s => s.Channel == channel).Service;
        yield return new LogSource("windows", null, service);
        string[] categories = (service, id) switch
        {
            ("sysmon", _) => SysmonCategories.GetValueOrDefault(id, []),
            ("security", 4688) => ["process_creation"],
            ("powershell", 4103) => ["ps_module"],
            ("powershell", 4104) => ["ps_script"],
            ("powershell-classic", 400) => ["ps_classic_start"],
            ("powershell-classic", 800) => ["ps_classic_script"],
            _ => [],
        };
        foreach (string category in categories)
        {
            yield return new LogSource("windows", category, service);
        }
    }

    private static void Flatten(Event e, FieldTable fields, JsonElement map)
    {
        foreach (JsonProperty property in map.EnumerateObject().Where(p => p.Name != "#attributes"))
        {
            Add(e, fields, property.Name.Replace(" ", "", StringComparison.Ordinal), property.Value);
        }
    }

    private static void Add(Event e, FieldTable fields, string name, JsonElement value)
    {
        int field = fields.Intern(name);
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement member in value.EnumerateArray())
                {
                    Add(e, fields, name, member);
                }
                break;
            case JsonValueKind.Null:
                e.Add(field, [], FieldKind.Null);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject().Where(p => p.Name == "#text"))
                {
                    Add(e, fields, name, property.Value);
                }
                break;
            default:
                bool text = value.ValueKind == JsonValueKind.String;
                e.Add(
                    field,
                    Encoding.UTF8.GetBytes(text ? value.GetString()! : value.GetRawText()),
                    text ? FieldKind.Text : FieldKind.Number
                );
                break;
        }
    }
}
