using System.Security.Cryptography;
using System.Text;
using Custodiet.Records.Findings;

namespace Custodiet.Process.Alerts;

/// <summary>
/// What groups findings into one alert. For our own analytics: the rule and the entity, ignoring the case of its name, whatever technology saw it,
/// because one act on one host that two sensors report is one thing to judge. For another tool: its technology and its reference.
/// </summary>
internal static class Fingerprint
{
    /// <summary>128 bits of SHA-256, lower-case hex: entity names are personal data and do not belong into a key that travels.</summary>
    public static string Of(Finding finding)
    {
        string text = finding.SourceRef is { } reference
            ? $"ref\n{finding.Source.Technology}\n{reference}"
            : $"rule\n{finding.Rule.Id}\n{EntityPart(finding)}";
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        int length = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (length <= 1_024)
        {
            Span<byte> bytes = stackalloc byte[1_024];
            SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], digest);
        }
        else
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        }
        return Convert.ToHexStringLower(digest[..16]);
    }

    // Without a named entity the sensor is what the finding is about: all of a fleet's must not melt into one alert.
    private static string EntityPart(Finding finding) =>
        finding.Entity.Name is { Length: > 0 } name
            ? $"{finding.Entity.Kind}\n{name.ToLowerInvariant()}"
            : $"source\n{finding.Source}";
}
