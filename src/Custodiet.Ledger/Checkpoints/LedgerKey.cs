using System.Text;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Tree;
using NSec.Cryptography;

namespace Custodiet.Ledger.Checkpoints;

/// <summary>Says why the ledger's key cannot be used and what to do.</summary>
public sealed class LedgerKeyException(string message) : Exception(message);

/// <summary>The Ed25519 key that signs checkpoints. Its file is readable by the service alone.</summary>
public sealed class LedgerKey : IDisposable
{
    private const string Prefix = "custodiet-ed25519-seed ";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Key key;

    private LedgerKey(Key key) => this.key = key;

    /// <summary>The 32 bytes of the public key.</summary>
    public byte[] PublicKey => key.PublicKey.Export(KeyBlobFormat.RawPublicKey);

    /// <summary>Reads the key, or makes it with mode 0600 when there is no file yet.</summary>
    /// <exception cref="LedgerKeyException">Others may read the file, or it holds no key.</exception>
    public static LedgerKey OpenOrCreate(string file)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            using Key made = Key.Create(SignatureAlgorithm.Ed25519, Exportable());
            string text = $"{Prefix}{Convert.ToBase64String(made.Export(KeyBlobFormat.RawPrivateKey))}\n";
            DurableFiles.Replace(file, Encoding.ASCII.GetBytes(text), OwnerOnly);
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~OwnerOnly) is not 0)
        {
            throw new LedgerKeyException(
                $"Others than the service may read {file}, so its signatures would prove nothing. If nobody did, run 'chmod 600 {file}'; otherwise begin a new log with a new key."
            );
        }
        string content = File.ReadAllText(file).TrimEnd('\n');
        byte[]? seed = content.StartsWith(Prefix, StringComparison.Ordinal)
            ? StrictBase64.Decode(content[Prefix.Length..])
            : null;
        if (seed is null || !Key.TryImport(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, out Key? key))
        {
            throw new LedgerKeyException($"{file} holds no Ed25519 key. Restore it from a backup.");
        }
        return new LedgerKey(key!);
    }

    /// <summary>The public key under a log's name.</summary>
    public NoteVerifier VerifierFor(string origin) => NoteVerifier.Of(origin, PublicKey)!;

    /// <summary>Wipes the key from memory.</summary>
    public void Dispose() => key.Dispose();

    /// <summary>Signs a checkpoint.</summary>
    internal Checkpoint Sign(string origin, long size, TreeHash root)
    {
        string text = Checkpoint.TextOf(origin, size, root);
        byte[] signature = SignatureAlgorithm.Ed25519.Sign(key, Encoding.UTF8.GetBytes(text));
        return new Checkpoint(origin, size, root, SignedNote.Write(text, origin, VerifierFor(origin).KeyId, signature));
    }

    private static KeyCreationParameters Exportable() =>
        new() { ExportPolicy = KeyExportPolicies.AllowPlaintextArchiving };
}
