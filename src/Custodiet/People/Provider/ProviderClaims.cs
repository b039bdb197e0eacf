using System.Security.Claims;
using System.Text.Json;
using Custodiet.Records.People;

namespace Custodiet.People.Provider;

/// <summary>What the identity provider says about somebody, read as the settings say.</summary>
/// <param name="Issuer">The provider's <c>iss</c>.</param>
/// <param name="Subject">Its <c>sub</c>.</param>
/// <param name="Session">Its <c>sid</c>, or null.</param>
/// <param name="Name">The claim that names the person, or null when it is missing or empty.</param>
/// <param name="RoleValues">How many values the claim has that roles follow from.</param>
/// <param name="Roles">The roles that follow.</param>
/// <param name="Seen">Names of all claims that came, without their values.</param>
internal sealed record ProviderClaims(
    string Issuer,
    string Subject,
    string? Session,
    string? Name,
    int RoleValues,
    IReadOnlyList<Role> Roles,
    IReadOnlyList<string> Seen
)
{
    /// <summary>Values of the roles' claim that are looked at, and names of claims that are listed: more is a mistake or an attack.</summary>
    public const int ValuesMax = 1_000;

    /// <summary>Reads a principal of checked tokens.</summary>
    public static ProviderClaims Read(ClaimsPrincipal principal, string issuer, ProviderOptions options)
    {
        string[] values = [.. Values(principal, options.RolesClaim).Distinct(StringComparer.Ordinal).Take(ValuesMax)];
        return new ProviderClaims(
            issuer,
            principal.FindFirst("sub")?.Value ?? "",
            principal.FindFirst("sid")?.Value,
            Values(principal, options.NameClaim).Select(value => value.Trim()).FirstOrDefault(v => v.Length > 0),
            values.Length,
            [
                .. values
                    .SelectMany(value => options.Roles.TryGetValue(value, out IReadOnlyList<Role>? roles) ? roles : [])
                    .Distinct()
                    .Order(),
            ],
            [.. principal.Claims.Select(claim => claim.Type).Distinct().Order(StringComparer.Ordinal).Take(ValuesMax)]
        );
    }

    /// <summary>The values of a claim. A name with dots that no claim has reaches into an object: <c>realm_access.roles</c>.</summary>
    private static IEnumerable<string> Values(ClaimsPrincipal principal, string path)
    {
        Claim[] direct = [.. principal.FindAll(path)];
        if (direct.Length > 0)
        {
            return direct.SelectMany(claim => Strings(claim.Value));
        }
        string[] steps = path.Split('.');
        return steps.Length < 2
            ? []
            : principal.FindAll(steps[0]).SelectMany(claim => Inside(claim.Value, steps.AsMemory(1)));
    }

    // A claim with one value is a text; some providers send an array as one.
    private static IEnumerable<string> Strings(string value) =>
        value.StartsWith('[') && Parse(value) is { ValueKind: JsonValueKind.Array } array ? Strings(array) : [value];

    private static IEnumerable<string> Inside(string value, ReadOnlyMemory<string> steps)
    {
        if (Parse(value) is not { } element)
        {
            return [];
        }
        foreach (string step in steps.Span)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out JsonElement inner))
            {
                return [];
            }
            element = inner;
        }
        return Strings(element);
    }

    private static IEnumerable<string> Strings(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => [.. element.EnumerateArray().SelectMany(Strings)],
            JsonValueKind.String => [element.GetString()!],
            _ => [],
        };

    private static JsonElement? Parse(string value)
    {
        try
        {
            return JsonElement.Parse(value);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
