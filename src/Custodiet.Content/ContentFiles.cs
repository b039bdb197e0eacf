using System.Text;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Content;

/// <summary>Finds and reads content files, within limits.</summary>
internal static class ContentFiles
{
    /// <summary>Bytes of one content file at most: 1 MiB. Content is written by people and stays far below.</summary>
    public const int FileBytesMax = 1024 * 1024;

    /// <summary>Files under one path at most: 100,000.</summary>
    public const int FilesMax = 100_000;

    /// <summary>Folders inside folders at most: 32. It also ends a walk in a circle of links.</summary>
    public const int DepthMax = 32;

    private static readonly UTF8Encoding Strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <summary>Reads the files, and those with the ending <c>.yml</c> or <c>.yaml</c> in the folders and below.</summary>
    public static IReadOnlyList<SourceText> Read(
        IReadOnlyList<string> paths,
        List<Problem> problems,
        CancellationToken cancellation
    )
    {
        string[] files =
        [
            .. paths
                .SelectMany(path => Find(path, problems, cancellation))
                .DistinctBy(Path.GetFullPath, StringComparer.Ordinal),
        ];
        (SourceText? Text, Problem? Problem)[] read = new (SourceText?, Problem?)[files.Length];
        ParallelOptions options = new() { CancellationToken = cancellation };
        Parallel.For(0, files.Length, options, i => read[i] = ReadOne(files[i]));
        problems.AddRange(read.Select(r => r.Problem).OfType<Problem>());
        return [.. read.Select(r => r.Text).OfType<SourceText>()];
    }

    public static Problem Problem(string code, string message, string file) =>
        new(ProblemLevel.Error, code, message, new TextPosition(file, 0, 0));

    private static List<string> Find(string path, List<Problem> problems, CancellationToken cancellation)
    {
        if (File.Exists(path))
        {
            return [path];
        }
        List<string> files = [];
        if (!Directory.Exists(path))
        {
            problems.Add(Problem("content.missing", "There is no such file or folder.", path));
            return files;
        }
        HashSet<string> visited = new(StringComparer.Ordinal);
        Walk(path, 0, files, visited, problems, cancellation);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static void Walk(
        string folder,
        int depth,
        List<string> files,
        HashSet<string> visited,
        List<Problem> problems,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        if (depth > DepthMax)
        {
            problems.Add(
                Problem("content.depth", $"Folders nest deeper than {DepthMax}; the rest is left out.", folder)
            );
            return;
        }
        try
        {
            if (!visited.Add(RealPath(folder)))
            {
                problems.Add(
                    Problem(
                        "content.link",
                        "A link leads to a folder that was read already; it is left out.",
                        folder
                    ) with
                    {
                        Level = ProblemLevel.Warning,
                    }
                );
                return;
            }
            foreach (string entry in Directory.EnumerateFiles(folder))
            {
                if (!IsContent(entry))
                {
                    continue;
                }
                if (files.Count == FilesMax)
                {
                    problems.Add(
                        Problem("content.files", $"More than {FilesMax:N0} files; the rest is left out.", folder)
                    );
                    return;
                }
                files.Add(entry);
            }
            foreach (string inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            {
                if (!Path.GetFileName(inner).StartsWith('.'))
                {
                    Walk(inner, depth + 1, files, visited, problems, cancellation);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(Problem("content.unreadable", $"The folder cannot be read: {failure.Message}", folder));
        }
    }

    private static string RealPath(string folder) =>
        new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.GetFullPath(folder);

    private static bool IsContent(string file) =>
        file.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
        || file.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase);

    private static (SourceText?, Problem?) ReadOne(string file)
    {
        try
        {
            FileInfo info = new(file);
            if (info.Length > FileBytesMax)
            {
                return (
                    null,
                    Problem("content.size", $"It has {info.Length:N0} bytes; the limit is {FileBytesMax:N0}.", file)
                );
            }
            byte[] bytes = File.ReadAllBytes(file);
            ReadOnlySpan<byte> text = bytes;
            if (text.StartsWith("\uFEFF"u8))
            {
                text = text[3..];
            }
            return (new SourceText(file, Strict.GetString(text)), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, Problem("content.utf8", "It is not UTF-8.", file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, Problem("content.unreadable", $"It cannot be read: {failure.Message}", file));
        }
    }
}
