using System.Net;

namespace Custodiet.Ledger.Tiles;

/// <summary>Where a log's files are read from.</summary>
internal interface ITileSource
{
    /// <summary>The file at a path below the log's prefix, or null when there is none.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    ValueTask<byte[]?> ReadAsync(string path, CancellationToken cancellation);

    /// <summary>Widths of the partial files beside a full one, as far as the source can list them.</summary>
    IReadOnlyList<int> PartialWidths(string fullPath);
}

/// <summary>A log in a folder.</summary>
internal sealed class FolderTileSource(string folder) : ITileSource
{
    public async ValueTask<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        string file = Path.Combine(folder, path);
        try
        {
            return File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellation) : null;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    public IReadOnlyList<int> PartialWidths(string fullPath)
    {
        string partials = Path.Combine(folder, fullPath) + ".p";
        return Directory.Exists(partials)
            ?
            [
                .. Directory
                    .EnumerateFiles(partials)
                    .Select(file => int.TryParse(Path.GetFileName(file), out int width) ? width : 0)
                    .Where(width => width is > 0 and < TilePath.Width)
                    .Order(),
            ]
            : [];
    }
}

/// <summary>A log behind a URL prefix.</summary>
internal sealed class HttpTileSource(HttpClient http, Uri prefix) : ITileSource
{
    /// <summary>The largest file taken from a server: a full bundle of largest entries.</summary>
    private const int BytesMax = TilePath.Width * (65_535 + 2);

    private readonly Uri prefix = prefix.AbsoluteUri.EndsWith('/') ? prefix : new Uri(prefix.AbsoluteUri + "/");

    public async ValueTask<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(
                new Uri(prefix, path),
                HttpCompletionOption.ResponseHeadersRead,
                cancellation
            );
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            {
                return null;
            }
            answer.EnsureSuccessStatusCode();
            await answer.Content.LoadIntoBufferAsync(BytesMax, cancellation);
            return await answer.Content.ReadAsByteArrayAsync(cancellation);
        }
        catch (HttpRequestException error)
        {
            throw new IOException($"{new Uri(prefix, path)}: {error.Message}", error);
        }
    }

    public IReadOnlyList<int> PartialWidths(string fullPath) => [];
}
