using System.Text.Json;

namespace Custodiet.Pipeline.Mappings;

/// <summary>Dotted paths into JSON. A name may itself hold dots, as Elastic writes them; lists are looked through.</summary>
internal static class JsonPaths
{
    // A body can nest lists in lists; what a path may visit is bounded, whatever was sent.
    private const int VisitsMax = 10_000;

    public static bool Exists(JsonElement root, string path)
    {
        int visits = 0;
        return Walk(root, path, ref visits).Count > 0;
    }

    /// <summary>The first value at the path that is neither null nor empty.</summary>
    public static string? First(JsonElement root, string path) => All(root, path) is [var first, ..] ? first : null;

    /// <summary>All values at the path that are neither null nor empty.</summary>
    public static List<string> All(JsonElement root, string path)
    {
        List<string> values = [];
        int visits = 0;
        foreach (JsonElement element in Walk(root, path, ref visits))
        {
            if (TextOf(element) is { Length: > 0 } text)
            {
                values.Add(text);
            }
        }
        return values;
    }

    /// <summary>The list at the path, if one stands there.</summary>
    public static JsonElement? List(JsonElement root, string path)
    {
        foreach (string name in path.Split('.'))
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out root))
            {
                return null;
            }
        }
        return root.ValueKind == JsonValueKind.Array ? root : null;
    }

    /// <summary>Names and values under the path: of a map all its values, of a value itself.</summary>
    public static IEnumerable<(string Name, string Value)> Leaves(JsonElement root, string path)
    {
        if (!path.EndsWith(".*", StringComparison.Ordinal))
        {
            foreach (string value in All(root, path))
            {
                yield return (path, value);
            }
            yield break;
        }
        string front = path[..^2];
        int visits = 0;
        foreach (JsonElement element in Walk(root, front, ref visits))
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                continue;
            }
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (NameOf(property) is { } name && TextOf(property.Value) is { Length: > 0 } text)
                {
                    yield return ($"{front}.{name}", text);
                }
            }
        }
    }

    private static List<JsonElement> Walk(JsonElement root, string path, ref int visits)
    {
        List<JsonElement> found = [];
        Walk(root, path, found, ref visits);
        return found;
    }

    private static void Walk(JsonElement element, ReadOnlySpan<char> path, List<JsonElement> found, ref int visits)
    {
        if (++visits > VisitsMax)
        {
            return;
        }
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                Walk(item, path, found, ref visits);
            }
            return;
        }
        if (path.IsEmpty)
        {
            if (element.ValueKind != JsonValueKind.Null)
            {
                found.Add(element);
            }
            return;
        }
        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        for (int end = path.Length; end > 0; end = path[..end].LastIndexOf('.'))
        {
            if (element.TryGetProperty(path[..end], out JsonElement child))
            {
                Walk(child, end == path.Length ? [] : path[(end + 1)..], found, ref visits);
            }
        }
    }

    private static string? TextOf(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => Text(element),
            JsonValueKind.Number => element.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };

    private static string? Text(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        // Half a surrogate pair or bytes that are no UTF-8: the text cannot be shown, and must not stop the findings beside it.
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        // As with a value's text.
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
