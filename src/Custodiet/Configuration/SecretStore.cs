using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Custodiet.Embedded;

namespace Custodiet.Configuration;

/// <summary>A secret as the store's file holds it: AES-256-GCM, each with a nonce of its own; base 64.</summary>
internal sealed record StoredSecret(string Nonce, string Tag, string Cipher, DateTimeOffset SetAt);

/// <summary>A secret as it is listed: never its value.</summary>
internal sealed record SecretLine(string Name, DateTimeOffset SetAt);

/// <summary>
/// Named secrets in the data folder, encrypted. The key lies outside, so that whoever gets hold of the folder or of a backup has nothing. The
/// name is authenticated with the value: a secret cannot be passed off as another.
/// </summary>
internal sealed class SecretStore(string dataFolder, string keyReference)
{
    /// <summary>The file in the data folder.</summary>
    public const string FileName = "secrets.json";

    /// <summary>The systemd credential that holds the key when nothing else is set.</summary>
    public const string KeyCredential = "custodiet-secrets-key";

    private const int Version = 1;
    private const int KeyBytes = 32;
    private const int SecretsMax = 1_000;

    /// <summary>Whether a text can name a secret: letters, digits, <c>. _ -</c>, at most 64.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64
        && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>A new key, as the key's file holds it.</summary>
    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<SecretLine> List() =>
        [.. Load().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => new SecretLine(s.Key, s.Value.SetAt))];

    /// <summary>The value of a secret.</summary>
    /// <exception cref="SecretException">There is none of this name, or the key is not the one it was encrypted with.</exception>
    public string Read(string name)
    {
        if (!Load().TryGetValue(name, out StoredSecret? secret))
        {
            throw new SecretException(
                $"There is no secret «{name}» in the data folder: 'custodiet secret set {name}' sets it."
            );
        }
        using AesGcm cipher = Open();
        byte[] encrypted = Convert.FromBase64String(secret.Cipher);
        byte[] value = new byte[encrypted.Length];
        try
        {
            cipher.Decrypt(
                Convert.FromBase64String(secret.Nonce),
                encrypted,
                Convert.FromBase64String(secret.Tag),
                value,
                Associated(name)
            );
            return Encoding.UTF8.GetString(value);
        }
        catch (CryptographicException)
        {
            throw new SecretException(
                $"The secret «{name}» was encrypted with another key than {keyReference}, or was changed since. Set it again: 'custodiet secret set {name}'."
            );
        }
    }

    /// <summary>Sets a secret, durably.</summary>
    /// <exception cref="SecretException">The name cannot be used, the value is too large, or there is no key.</exception>
    public void Set(string name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        CheckSet(name, value);
        using AesGcm cipher = Open();
        byte[] nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
        byte[] tag = new byte[AesGcm.TagByteSizes.MaxSize];
        byte[] encrypted = new byte[value.Length];
        cipher.Encrypt(nonce, value, encrypted, tag, Associated(name));
        StoredSecret secret = new(
            Convert.ToBase64String(nonce),
            Convert.ToBase64String(tag),
            Convert.ToBase64String(encrypted),
            now
        );
        Change(secrets =>
        {
            secrets[name] = secret;
            return true;
        });
    }

    /// <summary>Throws what would keep a secret from being set.</summary>
    /// <exception cref="SecretException">As <see cref="Set"/>.</exception>
    public void CheckSet(string name, ReadOnlySpan<byte> value)
    {
        if (!IsName(name))
        {
            throw new SecretException(
                $"«{name}» cannot name a secret: letters, digits, dots, dashes and underscores, at most 64."
            );
        }
        if (value.Length is 0 or > SecretReference.BytesMax)
        {
            throw new SecretException($"A secret has 1 to {SecretReference.BytesMax} bytes.");
        }
        Dictionary<string, StoredSecret> secrets = Load();
        if (!secrets.ContainsKey(name) && secrets.Count >= SecretsMax)
        {
            throw new SecretException($"The data folder holds {SecretsMax} secrets, which is the limit.");
        }
        Open().Dispose();
    }

    /// <summary>Removes a secret, durably; false when there was none.</summary>
    public bool Remove(string name) => Change(secrets => secrets.Remove(name));

    private static byte[] Associated(string name) => Encoding.UTF8.GetBytes($"custodiet secret {Version} {name}");

    private AesGcm Open()
    {
        string path = Path.GetFullPath(dataFolder).TrimEnd('/') + "/";
        if (
            SecretReference.FileOf(keyReference) is { } file
            && Path.GetFullPath(file).StartsWith(path, StringComparison.Ordinal)
        )
        {
            throw new SecretException(
                $"The key {file} lies in the data folder, where it protects nothing. Move it elsewhere and set secrets.key."
            );
        }
        string text;
        try
        {
            text = SecretReference.Read(keyReference, this) ?? "";
        }
        catch (SecretException missing)
        {
            throw new SecretException(
                $"The encrypted secrets have no key: {missing.Message} 'custodiet secret key FILE' makes one; name it in secrets.key as file:FILE, or give it to the unit with LoadCredential={KeyCredential}:FILE."
            );
        }
        Span<byte> key = stackalloc byte[KeyBytes + 3];
        return Convert.TryFromBase64String(text, key, out int length) && length == KeyBytes
            ? new AesGcm(key[..KeyBytes], AesGcm.TagByteSizes.MaxSize)
            : throw new SecretException(
                $"{keyReference} is no key: it holds {KeyBytes} bytes in base 64, as 'custodiet secret key FILE' writes them."
            );
    }

    private Dictionary<string, StoredSecret> Load()
    {
        string file = Path.Combine(dataFolder, FileName);
        if (!File.Exists(file))
        {
            return new Dictionary<string, StoredSecret>(StringComparer.Ordinal);
        }
        try
        {
            Content? content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(file), JsonSerializerOptions.Web);
            return content is { Version: Version, Secrets: { } secrets }
                ? secrets
                : throw new SecretException($"{file} was written by another version. Restore it from a backup.");
        }
        catch (JsonException damaged)
        {
            throw new SecretException($"{file} is damaged: {damaged.Message} Restore it from a backup.");
        }
    }

    private bool Change(Func<Dictionary<string, StoredSecret>, bool> change)
    {
        Dictionary<string, StoredSecret> secrets = Load();
        if (!change(secrets))
        {
            return false;
        }
        DurableFolder.Replace(
            Path.Combine(dataFolder, FileName),
            JsonSerializer.SerializeToUtf8Bytes(new Content(Version, secrets), JsonSerializerOptions.Web)
        );
        return true;
    }

    private sealed record Content(int Version, Dictionary<string, StoredSecret>? Secrets);
}
