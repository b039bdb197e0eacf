using System.Text.Json;
using System.Text.Json.Nodes;

namespace Custodiet.Records.People;

/// <summary>
/// Finds a person's identifiers in text and JSON, as whole words, whatever their letter case, and takes them out. What is taken out is the
/// whole value that holds one.
/// </summary>
public sealed class PersonText
{
    /// <summary>What stands in place of an erased value.</summary>
    public const string Erased = "(erased)";

    /// <summary>An identifier has at least so many characters: a shorter one would be found everywhere.</summary>
    public const int CharactersMin = 3;

    /// <summary>An identifier has at most so many characters.</summary>
    public const int CharactersMax = 200;

    /// <summary>Identifiers of one erasure at most.</summary>
    public const int IdentifiersMax = 20;

    /// <summary>Looks for these identifiers.</summary>
    /// <exception cref="ArgumentException">There are none or too many, or one is too short, too long, or has a control character. The message says which.</exception>
    public PersonText(IReadOnlyList<string> identifiers)
    {
        ArgumentNullException.ThrowIfNull(identifiers);
        if (identifiers.Count is 0 or > IdentifiersMax)
        {
            throw new ArgumentException(
                $"1 to {IdentifiersMax} identifiers are needed, {identifiers.Count} were given."
            );
        }
        for (int i = 0; i < identifiers.Count; i++)
        {
            string identifier = identifiers[i].Trim();
            if (identifier.Length is < CharactersMin or > CharactersMax || identifier.Any(char.IsControl))
            {
                throw new ArgumentException(
                    $"Identifier {i + 1} has {identifier.Length} characters; {CharactersMin} to {CharactersMax} are possible, and no control characters."
                );
            }
        }
        Identifiers = [.. identifiers.Select(i => i.Trim()).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>What is looked for, without repeats.</summary>
    public IReadOnlyList<string> Identifiers { get; }

    /// <summary>Whether one of the identifiers stands in a text as a whole word.</summary>
    public bool IsIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string identifier in Identifiers)
        {
            int at = text.IndexOf(identifier, StringComparison.OrdinalIgnoreCase);
            while (at >= 0)
            {
                if (!IsWord(text, at - 1) && !IsWord(text, at + identifier.Length))
                {
                    return true;
                }
                at = text.IndexOf(identifier, at + 1, StringComparison.OrdinalIgnoreCase);
            }
        }
        return false;
    }

    /// <summary>Whether a text value or a name within a JSON document holds one of them. No JSON: false.</summary>
    public bool IsIn(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && IsIn(reader.GetString()!))
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }
        return false;
    }

    /// <summary>The document with every such value replaced, and every member with such a name left out.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public byte[] TakeOut(ReadOnlySpan<byte> json)
    {
        JsonNode? root = JsonNode.Parse(json);
        return JsonSerializer.SerializeToUtf8Bytes(TakeOut(root));
    }

    private JsonNode? TakeOut(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                JsonObject kept = [];
                foreach ((string name, JsonNode? value) in map)
                {
                    if (!IsIn(name))
                    {
                        kept[name] = TakeOut(value);
                    }
                }
                return kept;
            case JsonArray list:
                return new JsonArray([.. list.Select(TakeOut)]);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && IsIn(value.GetValue<string>()):
                return JsonValue.Create(Erased);
            default:
                return node?.DeepClone();
        }
    }

    private static bool IsWord(string text, int at) =>
        at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
