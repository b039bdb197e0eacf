using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tree;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Custodiet.Tests.Ledger;

public sealed class SignedNoteTests : IDisposable
{
    // The example of the package that signed notes come from: golang.org/x/mod/sumdb/note, «Generating Keys / Signing Notes».
    private const string ExampleKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string ExampleNote =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        + "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    private readonly LedgerSome some = new();

    public void Dispose() => some.Dispose();

    [Fact]
    public void TheExampleOfTheNotePackageVerifies()
    {
        NoteVerifier verifier = Assert.IsType<NoteVerifier>(NoteVerifier.Parse(ExampleKey, out _));
        SignedNote note = Assert.IsType<SignedNote>(SignedNote.Parse(ExampleNote, out _));
        Assert.True(note.IsSignedBy(verifier));
        Assert.Equal(ExampleKey, verifier.Text);
    }

    [Fact]
    public void EveryChangedBitOfTheExampleIsRefused()
    {
        NoteVerifier verifier = NoteVerifier.Parse(ExampleKey, out _)!;
        byte[] bytes = Encoding.UTF8.GetBytes(ExampleNote);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SignedNote.Parse(Encoding.UTF8.GetString(changed), out _)?.IsSignedBy(verifier) ?? false);
        }
    }

    [Fact]
    public void BouncyCastleVerifiesOurCheckpoint()
    {
        Checkpoint checkpoint = some.Key.Sign("custodiet.local/0123abcd", 7, TreeHash.OfLeaf([1]));
        string[] parts = checkpoint.Note.Split("\n\n— custodiet.local/0123abcd ");
        byte[] signature = Convert.FromBase64String(parts[1].TrimEnd('\n'))[4..];
        Ed25519Signer second = new();
        second.Init(forSigning: false, new Ed25519PublicKeyParameters(some.Key.PublicKey));
        byte[] text = Encoding.UTF8.GetBytes(parts[0] + "\n");
        second.BlockUpdate(text, 0, text.Length);
        Assert.True(second.VerifySignature(signature));
    }

    [Fact]
    public void ASignedCheckpointIsReadBackByItsKeyAlone()
    {
        Checkpoint checkpoint = some.Key.Sign("custodiet.local/0123abcd", 7, TreeHash.OfLeaf([1]));
        Assert.Equal(
            checkpoint,
            Checkpoint.Open(checkpoint.Note, some.Key.VerifierFor("custodiet.local/0123abcd"), out _)
        );
        Assert.Null(
            Checkpoint.Open(checkpoint.Note, some.Key.VerifierFor("custodiet.local/another"), out string problem)
        );
        Assert.Contains("no valid signature", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("name+00000000+")]
    [InlineData("name+00000000+AAAA")]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void WhatIsNoVerifierKeyIsRefusedWithAReason(string text)
    {
        Assert.Null(NoteVerifier.Parse(text, out string problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void TheKeyIsReadableByTheServiceAloneAndRefusedOtherwise()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are those of Unix");
            return;
        }
        string file = Path.Combine(some.Root, "keys", "ledger.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        using (LedgerKey again = LedgerKey.OpenOrCreate(file))
        {
            Assert.Equal(some.Key.PublicKey, again.PublicKey);
        }
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        LedgerKeyException error = Assert.Throws<LedgerKeyException>(() => LedgerKey.OpenOrCreate(file));
        Assert.Contains("chmod 600", error.Message, StringComparison.Ordinal);
    }
}
