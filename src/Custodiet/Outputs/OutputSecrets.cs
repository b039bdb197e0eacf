using Custodiet.Documents;

namespace Custodiet.Outputs;

/// <summary>A secret that is not there or cannot be used.</summary>
internal sealed class SecretException(string message) : Exception(message);

/// <summary>
/// The folder of secrets: one file for each, named as content names it. The form in which systemd (<c>LoadCredential=</c>) and container
/// platforms hand secrets over. Read whenever it is needed, so that a changed one is used at once; never logged, never recorded.
/// </summary>
internal sealed class OutputSecrets(string folder)
{
    private const int BytesMax = 64 << 10;

    /// <summary>The text of a secret without the line break at its end.</summary>
    /// <exception cref="SecretException">It is not there or cannot be a header's value.</exception>
    public string Text(string name)
    {
        string file = FileOf(name);
        try
        {
            if (new FileInfo(file).Length > BytesMax)
            {
                throw new SecretException($"The secret {file} has more than {BytesMax:N0} bytes.");
            }
            string text = File.ReadAllText(file).TrimEnd('\r', '\n');
            return text.Length > 0 && !text.Any(char.IsControl)
                ? text
                : throw new SecretException($"The secret {file} is empty or has more than one line.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SecretException($"The secret {file} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>The file of that name, which need not be there.</summary>
    public string FileOf(string name) => Path.Combine(folder, name);

    /// <summary>The name of a secret as content writes it: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, not beginning with a dot.</summary>
    public static string? ReadName(ContentMap map, string key, bool required = false)
    {
        string? name = required ? map.Required(key) : map.Optional(key);
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }
        if (
            name[0] != '.'
            && name.Length <= 128
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        )
        {
            return name;
        }
        map.Error(
            "secret",
            $"«{key}» is no name of a file in the folder of secrets.",
            map.Find(key)!.Position,
            "letters, digits, dots, hyphens and underscores"
        );
        return null;
    }
}
