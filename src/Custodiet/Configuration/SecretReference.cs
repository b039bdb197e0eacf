using System.Text;

namespace Custodiet.Configuration;

/// <summary>A secret cannot be had. The message says where it was looked for and what to do, and never what was found.</summary>
internal sealed class SecretException(string message) : Exception(message);

/// <summary>
/// Where a secret is: <c>file:/path</c>, <c>env:NAME</c>, <c>credential:NAME</c> (a systemd credential, in <c>$CREDENTIALS_DIRECTORY</c>) or
/// <c>store:NAME</c> (encrypted in the data folder). Settings refer to secrets and never hold them, since settings are shown.
/// </summary>
internal static class SecretReference
{
    /// <summary>Bytes of one secret at most.</summary>
    public const int BytesMax = 65_536;

    /// <summary>The environment variable with which systemd says where credentials are.</summary>
    public const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    private static readonly string[] kinds = ["file", "env", "credential", "store"];

    /// <summary>Whether a text has one of the forms.</summary>
    public static bool IsOne(string text) => Parts(text) is not null;

    /// <summary>The secret as it is now, without the line's end; null for an empty reference.</summary>
    /// <exception cref="SecretException">It is not there or cannot be read.</exception>
    public static string? Read(string reference, SecretStore store)
    {
        if (reference.Length == 0)
        {
            return null;
        }
        string secret = Parts(reference) switch
        {
            ("file", var path) => ReadFile(path),
            ("env", var name) => Environment.GetEnvironmentVariable(name) ?? "",
            ("credential", var name) => ReadFile(CredentialFile(name)),
            ("store", var name) => store.Read(name),
            // The text itself is not told: it may be the secret.
            _ => throw new SecretException(
                "A reference to a secret begins with file:, env:, credential: or store:, and this one does not."
            ),
        };
        secret = secret.TrimEnd('\r', '\n');
        return secret.Length > 0 ? secret : throw new SecretException($"{reference} holds nothing.");
    }

    /// <summary>The file of a reference that is a file, else null.</summary>
    public static string? FileOf(string reference) =>
        Parts(reference) switch
        {
            ("file", var path) => path,
            ("credential", var name) when Environment.GetEnvironmentVariable(CredentialsVariable) is { Length: > 0 } =>
                CredentialFile(name),
            _ => null,
        };

    private static (string Kind, string Name)? Parts(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return
            colon > 0
            && kinds.Contains(text[..colon])
            && text[(colon + 1)..] is { Length: > 0 } name
            && (text[..colon] != "file" || Path.IsPathFullyQualified(name))
            && (text[..colon] is "file" or "env" || SecretStore.IsName(name))
            ? (text[..colon], name)
            : null;
    }

    private static string CredentialFile(string name) =>
        Environment.GetEnvironmentVariable(CredentialsVariable) is { Length: > 0 } folder
            ? Path.Combine(folder, name)
            : throw new SecretException(
                $"credential:{name} needs {CredentialsVariable}, which systemd sets for a unit with LoadCredential={name}:/path."
            );

    private static string ReadFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > BytesMax)
            {
                throw new SecretException($"{path} has more than {BytesMax} bytes, and is no secret.");
            }
            using StreamReader reader = new(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SecretException($"{path} cannot be read: {failure.Message}");
        }
    }
}
