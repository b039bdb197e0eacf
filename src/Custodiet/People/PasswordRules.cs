using System.Text;

namespace Custodiet.People;

/// <summary>
/// What a password and a name must be. Length counts, composition does not (NIST SP 800-63B-4, section 3.1.1.2):
/// rules about digits and capitals produce predictable passwords.
/// </summary>
internal static class PasswordRules
{
    /// <summary>Shortest password, in characters.</summary>
    public const int LengthMin = 12;

    /// <summary>Longest password, in characters; enough for any passphrase, and hashing stays bounded.</summary>
    public const int LengthMax = 256;

    /// <summary>Longest sign-in name, in characters.</summary>
    public const int NameLengthMax = 64;

    // What remains of the most common passwords when digits and marks around them are taken away.
    private static readonly HashSet<string> commonStems = new(StringComparer.Ordinal)
    {
        "password",
        "passwort",
        "passwd",
        "passphrase",
        "motdepasse",
        "contrasena",
        "qwerty",
        "qwertz",
        "azerty",
        "qwertyuiop",
        "qwertzuiop",
        "qwertyqwerty",
        "qwertyuiopasdf",
        "asdfghjkl",
        "asdfasdfasdf",
        "zxcvbnm",
        "letmein",
        "letmeinplease",
        "welcome",
        "willkommen",
        "iloveyou",
        "iloveyouforever",
        "admin",
        "administrator",
        "adminadmin",
        "administration",
        "root",
        "superuser",
        "superadmin",
        "changeme",
        "changemenow",
        "changethis",
        "default",
        "secret",
        "topsecret",
        "security",
        "securityoperations",
        "custodiet",
        "quiscustodiet",
        "quiscustodietipsos",
        "monkey",
        "dragon",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "master",
        "trustno",
        "whatever",
        "starwars",
        "correcthorsebatterystaple",
        "passwordpassword",
        "thisismypassword",
        "mypassword",
        "abcdefghijkl",
        "abcdefghijklm",
        "abcabcabcabc",
        "loremipsum",
        "analyst",
        "engineer",
        "summer",
        "winter",
        "autumn",
        "spring",
    };

    /// <summary>Everything that is wrong with a password for this name.</summary>
    public static IEnumerable<FieldProblem> PasswordProblems(string? password, string name)
    {
        if (password is null || password.EnumerateRunes().Count() < LengthMin)
        {
            yield return new("password", $"A password has at least {LengthMin} characters.");
            yield break;
        }
        if (password.Length > LengthMax)
        {
            yield return new("password", $"A password has at most {LengthMax} characters.");
            yield break;
        }
        if (name.Length >= 3 && password.Contains(name, StringComparison.OrdinalIgnoreCase))
        {
            yield return new("password", "The password contains the name.");
        }
        if (IsCommon(password))
        {
            yield return new("password", "This password is among the first that anybody would try.");
        }
    }

    /// <summary>Everything that is wrong with a sign-in name.</summary>
    public static IEnumerable<FieldProblem> NameProblems(string name)
    {
        if (name.Length is 0 or > NameLengthMax)
        {
            yield return new("name", $"A name has 1 to {NameLengthMax} characters.");
        }
        else if (
            !char.IsLetterOrDigit(name[0])
            || !name.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '@' or '+')
        )
        {
            yield return new(
                "name",
                "A name begins with a letter or digit and consists of letters, digits and . _ - @ +"
            );
        }
    }

    /// <summary>The name as it is kept: without blanks around it, composed (NFC).</summary>
    public static string NormalizeName(string? name) =>
        (name ?? "").Trim() is var trimmed && trimmed.IsNormalized() ? trimmed : Compose(trimmed);

    // Unpaired surrogates cannot be normalised; such a name fails the rules as it is.
    private static string Compose(string name)
    {
        try
        {
            return name.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return name;
        }
    }

    private static bool IsCommon(string password)
    {
        string lower = password.ToLowerInvariant();
        if (lower.Distinct().Count() < 5 || IsSequence(lower))
        {
            return true;
        }
        string core = lower.Trim([.. lower.Where(c => !char.IsLetter(c))]);
        string letters = new([.. Unleet(core).Where(char.IsLetter)]);
        string stem = new([.. lower.Where(char.IsLetter)]);
        return commonStems.Contains(letters) || commonStems.Contains(stem);
    }

    // 123456789012, abcdefghijklm, 987654321098: each character follows the one before it.
    private static bool IsSequence(string text)
    {
        int steps = 0;
        for (int i = 1; i < text.Length; i++)
        {
            int difference = text[i] - text[i - 1];
            steps += difference is 1 or -1 or 9 or -9 ? 1 : 0;
        }
        return steps >= text.Length - 2;
    }

    private static string Unleet(string text) =>
        text.Replace('0', 'o')
            .Replace('1', 'l')
            .Replace('3', 'e')
            .Replace('4', 'a')
            .Replace('5', 's')
            .Replace('7', 't')
            .Replace('@', 'a')
            .Replace('$', 's');
}
