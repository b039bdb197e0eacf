using System.Text;

namespace Custodiet.People;

/// <summary>How a protocol's clients carry a token in the header Authorization, beside <c>Bearer</c>.</summary>
[Flags]
internal enum TokenForms
{
    /// <summary>Only <c>Bearer TOKEN</c>.</summary>
    Bearer = 0,

    /// <summary><c>Splunk TOKEN</c>.</summary>
    Splunk = 1,

    /// <summary><c>Basic</c>: the password is the token, whatever the name is.</summary>
    Basic = 2,

    /// <summary><c>ApiKey</c>: the token, or Base64 of an id, a colon and the token.</summary>
    ApiKey = 4,
}

/// <summary>
/// Marks a route of a protocol that is not ours: its clients know no session, carry tokens in their own ways, and expect refusals in
/// their own form.
/// </summary>
/// <param name="Forms">How a token may come.</param>
/// <param name="RefuseAsync">Answers 401 (no token or not one of ours) or 403 (a token that may not do this).</param>
internal sealed record ProtocolRoute(TokenForms Forms, Func<HttpContext, int, Task> RefuseAsync)
{
    /// <summary>The mark of a request's route, or null.</summary>
    public static ProtocolRoute? Of(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<ProtocolRoute>();

    /// <summary>The token that a header carries, or null when it carries none in these forms.</summary>
    public static string? TokenIn(string header, TokenForms forms)
    {
        int space = header.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            return null;
        }
        string rest = header[(space + 1)..].Trim();
        return header[..space].ToUpperInvariant() switch
        {
            "BEARER" => rest,
            "SPLUNK" when forms.HasFlag(TokenForms.Splunk) => rest,
            "BASIC" when forms.HasFlag(TokenForms.Basic) => BehindColon(rest),
            "APIKEY" when forms.HasFlag(TokenForms.ApiKey) => BehindColon(rest) ?? rest,
            _ => null,
        };
    }

    private static string? BehindColon(string base64)
    {
        Span<byte> bytes = stackalloc byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int length))
        {
            return null;
        }
        ReadOnlySpan<byte> pair = bytes[..length];
        int colon = pair.IndexOf((byte)':');
        return colon < 0 ? null : Encoding.UTF8.GetString(pair[(colon + 1)..]);
    }
}
