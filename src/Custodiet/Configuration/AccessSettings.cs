using System.Net;
using Custodiet.People;
using Custodiet.People.Provider;
using Custodiet.Records.People;

namespace Custodiet.Configuration;

/// <summary>The settings of sign-in, sessions and the identity provider: what they are, what is wrong with them, and what follows.</summary>
internal static class AccessSettings
{
    /// <summary>All of them, in the documented order.</summary>
    public static readonly IReadOnlyList<SettingDefinition> Definitions =
    [
        new(
            "public_url",
            "Address that browsers use, such as https://soc.example.com: for passkeys, the identity provider and secure cookies. Empty: as each request says; needed behind a proxy.",
            ""
        ),
        new(
            "trusted_proxies",
            "Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by semicolons: 10.0.0.5;10.1.0.0/16. Empty: none.",
            ""
        ),
        new("sessions.idle_minutes", "Minutes after which an unused session ends. Range 5 to 10080.", "480", 5, 10_080),
        new(
            "sessions.hours_max",
            "Hours after which a session ends however much it is used. Range 1 to 720.",
            "24",
            1,
            720
        ),
        new(
            "sessions.break_glass_minutes",
            "Minutes after which a session of a break-glass account ends. Range 5 to 480.",
            "60",
            5,
            480
        ),
        new(
            "sign_in.passwords",
            "Who may sign in with a password: on (who has one), until-passkey (who has no passkey yet), off (nobody).",
            "on"
        ),
        new(
            "sign_in.strong_roles",
            "Roles that hold only after signing in with a passkey or through the identity provider, separated by semicolons. Empty: none.",
            ""
        ),
        new("oidc.authority", "Issuer of the identity provider (OpenID Connect). Empty: none.", ""),
        new("oidc.client_id", "What the provider calls this installation.", ""),
        new(
            "oidc.client_secret",
            "Where the client's secret is: file:/path or env:NAME. Empty: a public client, with PKCE alone.",
            ""
        ),
        new("oidc.title", "What people call the provider, on the sign-in button.", "the identity provider"),
        new("oidc.scopes", "Scopes to ask for, separated by semicolons.", "openid;profile"),
        new("oidc.name_claim", "Claim that names a person on screens.", "preferred_username"),
        new(
            "oidc.roles_claim",
            "Claim that roles follow from; a path with dots reaches into an object: realm_access.roles.",
            "roles"
        ),
        new(
            "oidc.roles",
            "Which roles follow from which value of that claim: in the file a mapping, elsewhere value=role,role;value=role.",
            "",
            IsMap: true
        ),
        new("oidc.user_info", "Ask the provider's user info endpoint for claims, too.", "off", IsFlag: true),
        new("oidc.sign_out", "Signing out here signs out at the provider, too.", "on", IsFlag: true),
        new("oidc.clock_skew_seconds", "Seconds that the provider's clock may differ. Range 0 to 600.", "120", 0, 600),
    ];

    /// <summary>Whether a setting is a list that is written with semicolons.</summary>
    public static bool IsList(string name) => name is "trusted_proxies" or "sign_in.strong_roles" or "oidc.scopes";

    /// <summary>What is wrong beyond ranges and flags, each with the setting that it is wrong in.</summary>
    public static IEnumerable<(string Name, string Message)> Problems(Func<string, string> value)
    {
        if (value("public_url") is { Length: > 0 } url && PublicUrl(url) is null)
        {
            yield return ("public_url", "is not an address such as https://soc.example.com, without a path");
        }
        foreach (string proxy in List(value("trusted_proxies")).Where(proxy => Network(proxy) is null))
        {
            yield return ("trusted_proxies", $"names «{proxy}», which is neither an address nor a network");
        }
        if (Passwords(value("sign_in.passwords")) is null)
        {
            yield return ("sign_in.passwords", "is not on, until-passkey or off");
        }
        foreach (string role in List(value("sign_in.strong_roles")).Where(r => PeopleClaims.ParseRole(r) is null))
        {
            yield return ("sign_in.strong_roles", $"names «{role}», which is no role");
        }
        if (value("oidc.authority").Length == 0)
        {
            yield break;
        }
        if (!IsSafe(value("oidc.authority")))
        {
            yield return ("oidc.authority", "is not an https address; http is for loopback alone");
        }
        if (value("oidc.client_id").Length == 0)
        {
            yield return ("oidc.client_id", "is missing; the provider gave it when this installation was registered");
        }
        if (value("oidc.client_secret") is { Length: > 0 } secret && !SecretReference.IsOne(secret))
        {
            // The value itself is not told: it may be the secret.
            yield return (
                "oidc.client_secret",
                "says where the secret is, as file:/path or env:NAME, and never the secret"
            );
        }
        if (!List(value("oidc.scopes")).Contains("openid"))
        {
            yield return ("oidc.scopes", "lacks openid");
        }
        (IReadOnlyDictionary<string, IReadOnlyList<Role>> roles, IReadOnlyList<string> wrong) = Roles(
            value("oidc.roles")
        );
        foreach (string entry in wrong)
        {
            yield return ("oidc.roles", $"has «{entry}», which is not a value with one or more roles");
        }
        if (roles.Count == 0 && wrong.Count == 0)
        {
            yield return ("oidc.roles", "maps nothing: nobody could get in through the provider");
        }
    }

    /// <summary>What sign-in needs to know, of settings without problems.</summary>
    public static PeopleOptions ToOptions(Settings settings, string keysFolder) =>
        new()
        {
            KeysFolder = keysFolder,
            IdleTime = TimeSpan.FromMinutes(settings.Number("sessions.idle_minutes")),
            SessionTime = TimeSpan.FromHours(settings.Number("sessions.hours_max")),
            BreakGlassTime = TimeSpan.FromMinutes(settings.Number("sessions.break_glass_minutes")),
            Passwords = Passwords(settings.Text("sign_in.passwords")) ?? PasswordUse.On,
            StrongRoles =
            [
                .. List(settings.Text("sign_in.strong_roles")).Select(PeopleClaims.ParseRole).OfType<Role>(),
            ],
            PublicUrl = PublicUrl(settings.Text("public_url")),
            TrustedProxies = [.. List(settings.Text("trusted_proxies")).Select(Network).OfType<IPNetwork>()],
            Provider = settings.Text("oidc.authority").Length == 0 ? null : ToProvider(settings),
        };

    private static ProviderOptions ToProvider(Settings settings)
    {
        string secret = settings.Text("oidc.client_secret");
        return new ProviderOptions
        {
            Authority = new Uri(settings.Text("oidc.authority")),
            ClientId = settings.Text("oidc.client_id"),
            ClientSecret = () => SecretReference.Read(secret),
            Title = settings.Text("oidc.title"),
            Scopes = List(settings.Text("oidc.scopes")),
            NameClaim = settings.Text("oidc.name_claim"),
            RolesClaim = settings.Text("oidc.roles_claim"),
            Roles = Roles(settings.Text("oidc.roles")).Roles,
            UserInfo = settings.Flag("oidc.user_info"),
            SignOut = settings.Flag("oidc.sign_out"),
            ClockSkew = TimeSpan.FromSeconds(settings.Number("oidc.clock_skew_seconds")),
        };
    }

    private static string[] List(string text) =>
        text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The last equals sign parts value and roles: a value may be a distinguished name.
    private static (IReadOnlyDictionary<string, IReadOnlyList<Role>> Roles, IReadOnlyList<string> Wrong) Roles(
        string text
    )
    {
        Dictionary<string, IReadOnlyList<Role>> roles = new(StringComparer.Ordinal);
        List<string> wrong = [];
        foreach (string entry in List(text))
        {
            int equals = entry.LastIndexOf('=');
            Role?[] given =
            [
                .. entry[(equals + 1)..]
                    .Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(PeopleClaims.ParseRole),
            ];
            if (equals <= 0 || given.Length == 0 || given.Contains(null))
            {
                wrong.Add(entry);
                continue;
            }
            roles[entry[..equals].Trim()] = [.. given.OfType<Role>().Distinct().Order()];
        }
        return (roles, wrong);
    }

    private static PasswordUse? Passwords(string text) =>
        text switch
        {
            "on" or "true" or "yes" => PasswordUse.On,
            "until-passkey" => PasswordUse.UntilPasskey,
            "off" or "false" or "no" => PasswordUse.Off,
            _ => null,
        };

    private static Uri? PublicUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
        && url.Scheme is "http" or "https"
        && url.PathAndQuery is "/"
        && url.UserInfo.Length == 0
            ? url
            : null;

    private static bool IsSafe(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && Schemes.IsLoopbackHost(url.Host)));

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) ? network
        : IPAddress.TryParse(text, out IPAddress? address)
            ? new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)
        : null;
}
