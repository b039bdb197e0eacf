using System.IO.Compression;

namespace Custodiet.Cli;

/// <summary>Whole lines of a file that are sent together.</summary>
/// <param name="Bytes">The lines, each with its newline but perhaps the last.</param>
/// <param name="Lines">How many.</param>
/// <param name="FirstLine">Number of the first line within the file, from 1.</param>
/// <param name="Start">Where the first line begins, in bytes of the text after decompression.</param>
/// <param name="FilePosition">How far the file itself was read, for progress.</param>
internal readonly record struct LineBatch(Memory<byte> Bytes, int Lines, long FirstLine, long Start, long FilePosition);

/// <summary>Cuts a plain or gzip file into batches of whole lines.</summary>
internal sealed class LineBatches : IDisposable
{
    /// <summary>Bytes of one batch, unless a single line is larger. 4 MiB.</summary>
    public const int BatchBytes = 4 << 20;

    /// <summary>Bytes of one line; a longer line is passed over and counted. 64 MiB.</summary>
    public const int LineBytesMax = 64 << 20;

    private readonly FileStream file;
    private readonly Stream text;
    private byte[] buffer = new byte[BatchBytes];
    private int filled;
    private long lines;
    private long position;
    private bool ended;

    private LineBatches(FileStream file, Stream text)
    {
        this.file = file;
        this.text = text;
    }

    /// <summary>Bytes of the file as it is on disk.</summary>
    public long FileLength => file.Length;

    /// <summary>Lines passed over because they are longer than <see cref="LineBytesMax"/>.</summary>
    public List<long> TooLong { get; } = [];

    public static LineBatches Open(string path)
    {
        FileStream file = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            1 << 16,
            useAsync: true
        );
        Span<byte> magic = stackalloc byte[2];
        int read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        bool compressed = read == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
        return new LineBatches(file, compressed ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    /// <summary>The next batch, or null at the end. Its bytes are valid until the next call.</summary>
    public async ValueTask<LineBatch?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            int end = filled >= BatchBytes || ended ? buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1 : 0;
            if (ended && filled > 0)
            {
                end = filled;
            }
            if (end > 0)
            {
                return Take(end);
            }
            if (ended)
            {
                return null;
            }
            if (filled == LineBytesMax)
            {
                await SkipLineAsync(cancellation);
                continue;
            }
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(LineBytesMax, buffer.Length * 2));
            }
            int read = await text.ReadAsync(buffer.AsMemory(filled), cancellation);
            ended = read == 0;
            filled += read;
        }
    }

    public void Dispose()
    {
        text.Dispose();
        file.Dispose();
    }

    private LineBatch Take(int end)
    {
        byte[] taken = buffer;
        int rest = filled - end;
        buffer = new byte[Math.Max(BatchBytes, rest)];
        Array.Copy(taken, end, buffer, 0, rest);
        filled = rest;
        Memory<byte> bytes = taken.AsMemory(0, end);
        int count = bytes.Span.Count((byte)'\n') + (bytes.Span[^1] == (byte)'\n' ? 0 : 1);
        LineBatch batch = new(bytes, count, lines + 1, position, file.Position);
        lines += count;
        position += end;
        return batch;
    }

    private async ValueTask SkipLineAsync(CancellationToken cancellation)
    {
        TooLong.Add(lines + 1);
        while (true)
        {
            int newline = buffer.AsSpan(0, filled).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                Array.Copy(buffer, newline + 1, buffer, 0, filled - newline - 1);
                position += newline + 1;
                filled -= newline + 1;
                lines++;
                return;
            }
            position += filled;
            filled = await text.ReadAsync(buffer, cancellation);
            if (filled == 0)
            {
                ended = true;
                lines++;
                return;
            }
        }
    }
}
