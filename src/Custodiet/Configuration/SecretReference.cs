namespace Custodiet.Configuration;

/// <summary>Where a secret is: <c>file:/path</c> or <c>env:NAME</c>. Settings name it and never hold it, since they are shown.</summary>
internal static class SecretReference
{
    private const string file = "file:";
    private const string environment = "env:";

    /// <summary>Whether a text has one of the two forms.</summary>
    public static bool IsOne(string text) =>
        (text.StartsWith(file, StringComparison.Ordinal) && text.Length > file.Length)
        || (text.StartsWith(environment, StringComparison.Ordinal) && text.Length > environment.Length);

    /// <summary>The secret as it is now, without the line's end; null for an empty reference, or when it is not there.</summary>
    public static string? Read(string reference)
    {
        string? secret = null;
        if (reference.StartsWith(environment, StringComparison.Ordinal))
        {
            secret = Environment.GetEnvironmentVariable(reference[environment.Length..]);
        }
        else if (reference.StartsWith(file, StringComparison.Ordinal))
        {
            try
            {
                secret = File.ReadAllText(reference[file.Length..]);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The provider then refuses the client, and the log says so; a secret that is put there later is found.
                secret = null;
            }
        }
        return string.IsNullOrWhiteSpace(secret) ? null : secret.Trim();
    }
}
