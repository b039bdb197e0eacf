using System.Globalization;
using System.Text.Json;

namespace Custodiet.Sample;

/// <summary>The shapes in which the company's collectors write: Winlogbeat 8 on workstations, NXLog on servers, CloudTrail, flat JSON elsewhere.</summary>
internal static class Shapes
{
    private static readonly JsonSerializerOptions options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Winlogbeat 8: <c>winlog.event_data</c>.</summary>
    public static SampleEvent Winlogbeat(
        DateTimeOffset at,
        SampleHost host,
        string channel,
        int eventId,
        long record,
        Dictionary<string, string> data
    ) =>
        Of(
            at,
            new Dictionary<string, object?>
            {
                ["@timestamp"] = Iso(at),
                ["event"] = new Dictionary<string, object?>
                {
                    ["code"] = eventId.ToString(CultureInfo.InvariantCulture),
                    ["provider"] = Provider(channel),
                },
                ["host"] = new Dictionary<string, object?> { ["name"] = host.Name },
                ["agent"] = new Dictionary<string, object?> { ["type"] = "winlogbeat", ["version"] = "8.13.2" },
                ["winlog"] = new Dictionary<string, object?>
                {
                    ["channel"] = channel,
                    ["provider_name"] = Provider(channel),
                    ["event_id"] = eventId.ToString(CultureInfo.InvariantCulture),
                    ["record_id"] = record,
                    ["computer_name"] = host.Name,
                    ["event_data"] = data,
                },
            }
        );

    /// <summary>NXLog: flat, event data at top level.</summary>
    public static SampleEvent NxLog(
        DateTimeOffset at,
        SampleHost host,
        string channel,
        int eventId,
        long record,
        Dictionary<string, string> data
    )
    {
        Dictionary<string, object?> members = new()
        {
            ["EventTime"] = at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            ["@timestamp"] = Iso(at),
            ["Hostname"] = host.Name,
            ["Channel"] = channel,
            ["EventID"] = eventId,
            ["RecordNumber"] = record,
            ["SourceName"] = Provider(channel),
            ["Severity"] = "INFO",
            ["SourceModuleName"] = "eventlog",
            ["SourceModuleType"] = "im_msvistalog",
        };
        foreach ((string name, string value) in data)
        {
            members.TryAdd(name, value);
        }
        return Of(at, members);
    }

    /// <summary>CloudTrail as AWS writes it.</summary>
    public static SampleEvent CloudTrail(
        DateTimeOffset at,
        string service,
        string name,
        string user,
        string address,
        Dictionary<string, object?>? request = null,
        string agent = "aws-cli/2.15.30"
    ) =>
        Of(
            at,
            new Dictionary<string, object?>
            {
                ["eventVersion"] = "1.09",
                ["userIdentity"] = new Dictionary<string, object?>
                {
                    ["type"] = "IAMUser",
                    ["arn"] = ArnOf(user),
                    ["accountId"] = "111122223333",
                    ["userName"] = user,
                },
                ["eventTime"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["eventSource"] = service,
                ["eventName"] = name,
                ["awsRegion"] = "eu-central-1",
                ["sourceIPAddress"] = address,
                ["userAgent"] = agent,
                ["requestParameters"] = request,
                ["responseElements"] = null,
                ["eventType"] = "AwsApiCall",
                ["managementEvent"] = true,
                ["recipientAccountId"] = "111122223333",
                ["eventCategory"] = "Management",
            }
        );

    /// <summary>The cloud's name for a user.</summary>
    public static string ArnOf(string user) => $"arn:aws:iam::111122223333:user/{user}";

    /// <summary>Flat JSON that names its own log source.</summary>
    public static SampleEvent Flat(
        DateTimeOffset at,
        string host,
        string? product,
        string? category,
        string? service,
        Dictionary<string, object?> fields
    )
    {
        Dictionary<string, object?> members = new() { ["@timestamp"] = Iso(at), ["host"] = host };
        AddIf(members, "product", product);
        AddIf(members, "category", category);
        AddIf(members, "service", service);
        foreach ((string name, object? value) in fields)
        {
            members.TryAdd(name, value);
        }
        return Of(at, members);
    }

    private static void AddIf(Dictionary<string, object?> members, string name, string? value)
    {
        if (value is not null)
        {
            members[name] = value;
        }
    }

    private static SampleEvent Of(DateTimeOffset at, Dictionary<string, object?> members) =>
        new(at, JsonSerializer.Serialize(members, options));

    private static string Iso(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Provider(string channel) =>
        channel switch
        {
            "Security" => "Microsoft-Windows-Security-Auditing",
            "System" => "Service Control Manager",
            _ => "Microsoft-Windows-Sysmon",
        };
}
