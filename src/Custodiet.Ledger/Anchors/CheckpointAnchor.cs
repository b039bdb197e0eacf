using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tiles;
using Custodiet.Records;

namespace Custodiet.Ledger.Anchors;

/// <summary>A kind of place outside that checkpoints are copied to.</summary>
public enum AnchorKind
{
    /// <summary>A file that each checkpoint is appended to.</summary>
    File,

    /// <summary>A web hook that each checkpoint is posted to as <c>text/plain</c>. It cannot be read back.</summary>
    WebHook,

    /// <summary>A git working folder in which each checkpoint is committed as the file <c>checkpoint</c>.</summary>
    Git,
}

/// <summary>A place outside that checkpoints are copied to.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Target">Path or URL.</param>
public sealed record AnchorConfiguration(AnchorKind Kind, string Target);

/// <summary>How copying to one place stands.</summary>
/// <param name="Configuration">The place.</param>
/// <param name="CopiedSize">Size of the last checkpoint copied, 0 before the first.</param>
/// <param name="CopiedAt">When.</param>
/// <param name="LastError">Why the last attempt failed, or null when it succeeded.</param>
/// <param name="Failures">Failed attempts since the start.</param>
public sealed record AnchorState(
    AnchorConfiguration Configuration,
    long CopiedSize,
    DateTimeOffset? CopiedAt,
    string? LastError,
    long Failures
);

/// <summary>Copies to and reads from one place. Failures are exceptions here; <see cref="CheckpointAnchors"/> counts them.</summary>
internal static class CheckpointAnchor
{
    private const int ReadTailBytes = 65_536;
    private static readonly TimeSpan timeLimit = TimeSpan.FromSeconds(15);

    public static Task CopyAsync(
        AnchorConfiguration anchor,
        Checkpoint checkpoint,
        HttpClient http,
        TimeProvider time,
        CancellationToken cancellation
    ) =>
        anchor.Kind switch
        {
            AnchorKind.File => AppendAsync(anchor.Target, checkpoint, cancellation),
            AnchorKind.WebHook => PostAsync(anchor.Target, checkpoint, http, time, cancellation),
            AnchorKind.Git => CommitAsync(anchor.Target, checkpoint, time, cancellation),
            _ => throw new InvalidOperationException($"Anchor kind {anchor.Kind} is not known."),
        };

    /// <summary>The last checkpoint there, or null when there is none or it cannot be read back.</summary>
    public static async Task<Checkpoint?> ReadAsync(
        AnchorConfiguration anchor,
        NoteVerifier verifier,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        switch (anchor.Kind)
        {
            case AnchorKind.File:
                return File.Exists(anchor.Target)
                    ? LastOf(await TailAsync(anchor.Target, cancellation), verifier)
                    : null;
            case AnchorKind.Git:
                string note = await GitAsync(anchor.Target, ["show", "HEAD:./checkpoint"], time, cancellation);
                return Checkpoint.Open(note, verifier, out _);
            default:
                return null;
        }
    }

    /// <summary>The largest checkpoint of a log among notes that follow one another; a torn last one is passed over.</summary>
    internal static Checkpoint? LastOf(string text, NoteVerifier verifier)
    {
        string[] blocks = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Checkpoint? last = null;
        for (int i = 1; i < blocks.Length; i++)
        {
            string note = $"{blocks[i - 1].TrimStart('\n')}\n\n{blocks[i].TrimEnd('\n')}\n";
            if (
                blocks[i].StartsWith("— ", StringComparison.Ordinal)
                && Checkpoint.Open(note, verifier, out _) is { } checkpoint
                && checkpoint.Size >= (last?.Size ?? 0)
            )
            {
                last = checkpoint;
            }
        }
        return last;
    }

    private static async Task AppendAsync(string path, Checkpoint checkpoint, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await using FileStream stream = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        // The empty line before it keeps a torn earlier copy from swallowing this one.
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"\n{checkpoint.Note}"), cancellation);
        stream.Flush(flushToDisk: true);
    }

    private static async Task<string> TailAsync(string path, CancellationToken cancellation)
    {
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = Math.Max(0, stream.Length - ReadTailBytes);
        byte[] bytes = new byte[stream.Length - stream.Position];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return Encoding.UTF8.GetString(bytes);
    }

    private static async Task PostAsync(
        string url,
        Checkpoint checkpoint,
        HttpClient http,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        using CancellationTokenSource limit = new(timeLimit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using StringContent content = new(checkpoint.Note, Encoding.UTF8, new MediaTypeHeaderValue("text/plain"));
        using HttpResponseMessage answer = await http.PostAsync(new Uri(url), content, both.Token);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task CommitAsync(
        string folder,
        Checkpoint checkpoint,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The git folder {folder} does not exist.");
        }
        DurableFiles.Replace(Path.Combine(folder, "checkpoint"), Encoding.UTF8.GetBytes(checkpoint.Note));
        await GitAsync(folder, ["add", "--", "checkpoint"], time, cancellation);
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"Checkpoint of {checkpoint.Origin} with {Counted.Of(checkpoint.Size, "entry", "entries")}"
        );
        await GitAsync(
            folder,
            [
                "-c",
                "user.name=Custodiet",
                "-c",
                "user.email=custodiet@localhost",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                message,
                "--",
                "checkpoint",
            ],
            time,
            cancellation
        );
    }

    private static async Task<string> GitAsync(
        string folder,
        string[] arguments,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ProcessStartInfo start = new("git")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using CancellationTokenSource limit = new(timeLimit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using Process git = Process.Start(start) ?? throw new IOException("git did not start.");
        try
        {
            Task<string> output = git.StandardOutput.ReadToEndAsync(both.Token);
            Task<string> errors = git.StandardError.ReadToEndAsync(both.Token);
            await git.WaitForExitAsync(both.Token);
            return git.ExitCode == 0
                ? await output
                : throw new IOException($"git {arguments[0]} in {folder}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException)
        {
            git.Kill(entireProcessTree: true);
            throw;
        }
    }
}
