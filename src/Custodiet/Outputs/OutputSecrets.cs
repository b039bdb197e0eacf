using System.Security.Cryptography;
using System.Text;
using Custodiet.Configuration;
using Custodiet.Documents;

namespace Custodiet.Outputs;

/// <summary>
/// The secrets that content names. Content says a name alone, and whoever runs the machine where names are looked up: in a folder with one
/// file for each, among systemd's credentials, or in the encrypted store. Read whenever one is needed, so that a changed one is used at once;
/// never logged, never recorded.
/// </summary>
/// <param name="place">A folder's absolute path, <see cref="Credentials"/> or <see cref="Store"/>.</param>
/// <param name="store">The encrypted store.</param>
internal sealed class OutputSecrets(string place, SecretStore store)
{
    /// <summary>The place that is systemd's credentials.</summary>
    public const string Credentials = "credential";

    /// <summary>The place that is the encrypted store.</summary>
    public const string Store = "store";

    /// <summary>The secrets where the settings have them.</summary>
    public static OutputSecrets From(Settings settings)
    {
        string place = settings.Text("outputs.secrets");
        return new OutputSecrets(place is Credentials or Store ? place : Path.GetFullPath(place), settings.SecretStore);
    }

    /// <summary>The text of a secret without the line break at its end.</summary>
    /// <exception cref="SecretException">It is not there.</exception>
    public string Text(string name) => SecretReference.Read(ReferenceOf(name), store)!;

    /// <summary>The text of a secret that goes into a header.</summary>
    /// <exception cref="SecretException">It is not there or cannot be a header's value.</exception>
    public string Line(string name)
    {
        string text = Text(name);
        return text.Any(char.IsControl)
            ? throw new SecretException($"{ReferenceOf(name)} has more than one line.")
            : text;
    }

    /// <summary>A digest of secrets as they are now; another one means that one of them changed.</summary>
    /// <exception cref="SecretException">One is not there.</exception>
    public string Stamp(IEnumerable<string> names) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', names.Select(Text)))));

    /// <summary>The name of a secret as content writes it: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, beginning with a letter or a digit, at most 64.</summary>
    public static string? ReadName(ContentMap map, string key, bool required = false)
    {
        string? name = required ? map.Required(key) : map.Optional(key);
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }
        if (SecretStore.IsName(name))
        {
            return name;
        }
        map.Error(
            "secret",
            $"«{key}» cannot name a secret.",
            map.Find(key)!.Position,
            "letters, digits, dots, hyphens and underscores, at most 64; content never says where it lies"
        );
        return null;
    }

    private string ReferenceOf(string name) =>
        place is Credentials or Store ? $"{place}:{name}" : $"file:{Path.Combine(place, name)}";
}
