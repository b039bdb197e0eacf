namespace Custodiet.People;

/// <summary>Addresses to return to after sign-in. Only those on this site: anything else would lend our name to a phisher.</summary>
internal static class LocalUrl
{
    /// <summary>The address if it is a path on this site, otherwise the start page.</summary>
    public static string OrHome(string? url) => IsLocal(url) ? url! : "/";

    /// <summary>Whether it is a path on this site. <c>//host</c> and <c>/\host</c> are not: browsers read both as another site.</summary>
    public static bool IsLocal(string? url) =>
        url is { Length: > 0 and <= 2048 }
        && url[0] == '/'
        && (url.Length == 1 || url[1] is not ('/' or '\\'))
        && !url.Any(char.IsControl);
}
