using System.Diagnostics;
using System.Net;
using Custodiet.Ledger.Anchors;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tree;

namespace Custodiet.Tests.Ledger;

public sealed class CheckpointAnchorsTests : IDisposable
{
    private const string Origin = "custodiet.local/0123abcd";
    private readonly LedgerSome some = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => some.Dispose();

    [Fact]
    public async Task AFileKeepsEveryCheckpointAndIsReadBackPastATornEnd()
    {
        string file = Path.Combine(some.Root, "outside", "checkpoints.txt");
        using CheckpointAnchors anchors = Anchors(new AnchorConfiguration(AnchorKind.File, file));
        await anchors.CopyAsync(Signed(1), now: false, Cancellation);
        await anchors.CopyAsync(Signed(2), now: true, Cancellation);
        await anchors.CopyAsync(Signed(2), now: true, Cancellation);
        Assert.Equal(2, Assert.Single(anchors.States).CopiedSize);
        string text = await File.ReadAllTextAsync(file, Cancellation);
        Assert.Equal(2, text.Split("— ").Length - 1);
        for (int cut = text.Length; cut > text.IndexOf("— ", StringComparison.Ordinal); cut--)
        {
            await File.WriteAllTextAsync(file, text[..cut], Cancellation);
            AnchorReading reading = Assert.Single(await anchors.ReadAsync(some.Key.VerifierFor(Origin), Cancellation));
            // The last newline alone does not matter; anything more makes the earlier checkpoint the last.
            Assert.True(reading.Checkpoint?.Size == (cut >= text.Length - 1 ? 2 : 1) || cut < text.Length / 2);
        }
    }

    [Fact]
    public async Task CopiesAreMadeAtMostOnceAMinuteAndFailuresAreCountedAndTriedAgain()
    {
        string file = Path.Combine(some.Root, "outside");
        using CheckpointAnchors anchors = Anchors(new AnchorConfiguration(AnchorKind.File, file));
        Directory.CreateDirectory(file);
        await anchors.CopyAsync(Signed(1), now: false, Cancellation);
        AnchorState failed = Assert.Single(anchors.States);
        Assert.Equal((0, 1), (failed.CopiedSize, failed.Failures));
        Assert.NotNull(failed.LastError);
        Directory.Delete(file);
        await anchors.CopyAsync(Signed(1), now: false, Cancellation);
        Assert.Equal(0, Assert.Single(anchors.States).CopiedSize);
        some.Time.Advance(CheckpointAnchors.CopyInterval);
        await anchors.CopyAsync(Signed(1), now: false, Cancellation);
        AnchorState copied = Assert.Single(anchors.States);
        Assert.Equal((1, 1, null), (copied.CopiedSize, copied.Failures, copied.LastError));
        Assert.Equal(some.Time.GetUtcNow(), copied.CopiedAt);
    }

    [Fact]
    public async Task AWebHookGetsTheNoteAndItsRefusalIsAFailure()
    {
        HookDouble hook = new();
        using HttpClient http = new(hook);
        using CheckpointAnchors anchors = new(
            [new AnchorConfiguration(AnchorKind.WebHook, "https://audit.example/checkpoints")],
            http,
            some.Time
        );
        await anchors.CopyAsync(Signed(1), now: true, Cancellation);
        Assert.Equal(Signed(1).Note, Assert.Single(hook.Bodies));
        hook.Answer = HttpStatusCode.BadGateway;
        await anchors.CopyAsync(Signed(2), now: true, Cancellation);
        AnchorState state = Assert.Single(anchors.States);
        Assert.Equal((1, 1), (state.CopiedSize, state.Failures));
        Assert.Null(Assert.Single(await anchors.ReadAsync(some.Key.VerifierFor(Origin), Cancellation)).Checkpoint);
    }

    [Fact]
    public async Task AGitFolderHoldsACommitForEachCheckpoint()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/git"), "git is absent");
        string folder = Directory.CreateDirectory(Path.Combine(some.Root, "outside")).FullName;
        using CheckpointAnchors anchors = Anchors(new AnchorConfiguration(AnchorKind.Git, folder));
        await anchors.CopyAsync(Signed(1), now: true, Cancellation);
        Assert.Contains("git", Assert.Single(anchors.States).LastError, StringComparison.Ordinal);
        using (
            System.Diagnostics.Process init = System.Diagnostics.Process.Start(
                new ProcessStartInfo("git", ["init", "-q", folder])
            )!
        )
        {
            await init.WaitForExitAsync(Cancellation);
        }
        await anchors.CopyAsync(Signed(1), now: true, Cancellation);
        await anchors.CopyAsync(Signed(2), now: true, Cancellation);
        Assert.Null(Assert.Single(anchors.States).LastError);
        // The committed copy counts, not what somebody wrote into the working folder.
        await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), "forged", Cancellation);
        AnchorReading reading = Assert.Single(await anchors.ReadAsync(some.Key.VerifierFor(Origin), Cancellation));
        Assert.Equal(Signed(2), reading.Checkpoint);
    }

    private Checkpoint Signed(long size) => some.Key.Sign(Origin, size, TreeHash.OfLeaf([(byte)size]));

    private CheckpointAnchors Anchors(AnchorConfiguration place) => new([place], new HttpClient(), some.Time);

    private sealed class HookDouble : HttpMessageHandler
    {
        public List<string> Bodies { get; } = [];

        public HttpStatusCode Answer { get; set; } = HttpStatusCode.NoContent;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            return new HttpResponseMessage(Answer);
        }
    }
}
