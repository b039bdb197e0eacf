using System.Globalization;
using System.IO.Compression;
using Custodiet.Embedded;
using Custodiet.Records.Events;

namespace Custodiet.Outputs;

/// <summary>
/// Appends lines to a file. Each batch is flushed to the disk before the route comes on; what a crash left behind the last whole batch is
/// cut off, so that every item stands there exactly once. The file is opened anew for each batch: whoever moves it away gets all of it.
/// </summary>
/// <param name="definition">Where and how.</param>
/// <param name="folder">The folder of outputs.</param>
/// <param name="mark">How far the file is written.</param>
/// <param name="save">Sets a mark; with true it is durable on return, with false it becomes durable together with the route's position.</param>
/// <param name="time">The clock.</param>
internal sealed class FileDestination(
    DestinationDefinition.ToFile definition,
    string folder,
    Func<FileMark?> mark,
    Action<FileMark, bool> save,
    TimeProvider time
) : IDestination
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Packed = ".gz";
    private const string Unfinished = ".tmp";

    private readonly string path = Path.GetFullPath(Path.Combine(folder, definition.Path));
    private Task packing = Task.CompletedTask;
    private bool lookedForRotated;

    public bool IsKeyed => false;

    public async ValueTask<Delivery> SendAsync(OutputBatch batch, string key, CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            long bytes = batch.Items.Bytes.Length + batch.Items.Count;
            FileMark begun = Begin(bytes);
            if (!lookedForRotated)
            {
                // A crash may have come between a rotation and its compression.
                lookedForRotated = true;
                packing = Task.Run(Pack, CancellationToken.None);
            }
            save(begun with { Length = await WriteAsync(batch, begun.Length) }, false);
            return new Delivery.Done();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Delivery.Later($"{path}: {failure.Message}");
        }
    }

    public async ValueTask DisposeAsync() => await packing;

    /// <summary>The end of the file behind which the next batch goes, after a rotation where one is due.</summary>
    private FileMark Begin(long bytes)
    {
        FileInfo file = new(path);
        long now = EventTime.ToMicros(time.GetUtcNow());
        FileMark known = mark() ?? new FileMark(file.Exists ? file.Length : 0, now);
        if (!file.Exists || file.Length == 0)
        {
            known = new FileMark(0, now);
        }
        // A shorter file was not written by this route alone; its end is where it goes on.
        known = known with
        {
            Length = Math.Min(known.Length, file.Exists ? file.Length : 0),
        };
        bool isFull = definition.RotateBytes > 0 && known.Length + bytes > definition.RotateBytes;
        bool isOld =
            definition.RotateAfter > TimeSpan.Zero
            && now - known.BegunMicros >= definition.RotateAfter.Ticks / TimeSpan.TicksPerMicrosecond;
        if (known.Length > 0 && (isFull || isOld))
        {
            Cut(known.Length);
            Rotate();
            known = new FileMark(0, now);
        }
        if (known != mark())
        {
            // Durable before the first byte of a new file: a mark of the old one would hide what a crash leaves in the new.
            save(known, true);
        }
        return known;
    }

    private async Task<long> WriteAsync(OutputBatch batch, long length)
    {
        bool created = !File.Exists(path);
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 1 << 18,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        await using FileStream stream = new(path, options);
        stream.SetLength(length);
        stream.Position = length;
        foreach (ReadOnlyMemory<byte> line in batch.Each())
        {
            stream.Write(line.Span);
            stream.WriteByte((byte)'\n');
        }
        stream.Flush(flushToDisk: true);
        if (created)
        {
            DurableFolder.Flush(Path.GetDirectoryName(path)!);
        }
        return stream.Position;
    }

    private void Cut(long length)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.Read);
        stream.SetLength(length);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Gives the file a name of its time: <c>events.jsonl</c> becomes <c>events-20261124T083000Z.jsonl</c>.</summary>
    private void Rotate()
    {
        string stamp = time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string stem = Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path));
        string name = $"{stem}-{stamp}{Path.GetExtension(path)}";
        for (int number = 2; File.Exists(name) || File.Exists(name + Packed); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{stamp}-{number}{Path.GetExtension(path)}");
        }
        File.Move(path, name);
        DurableFolder.Flush(Path.GetDirectoryName(path)!);
        packing = packing.ContinueWith(
            _ => Pack(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
    }

    /// <summary>Compresses rotated files and deletes those beyond the number that is kept. What fails is tried again with the next rotation.</summary>
    private void Pack()
    {
        try
        {
            if (definition.Gzip)
            {
                foreach (string file in Rotated().Where(f => !f.EndsWith(Packed, StringComparison.Ordinal)))
                {
                    Pack(file);
                }
            }
            string[] all = [.. Rotated()];
            int surplus = definition.Keep == 0 ? 0 : Math.Max(0, all.Length - definition.Keep);
            foreach (string file in all.Take(surplus))
            {
                File.Delete(file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The files stay as they are: nothing of them is lost.
        }
    }

    private static void Pack(string file)
    {
        string unfinished = file + Packed + Unfinished;
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        using (FileStream from = File.OpenRead(file))
        using (FileStream to = new(unfinished, options))
        {
            using (GZipStream gzip = new(to, CompressionLevel.Optimal, leaveOpen: true))
            {
                from.CopyTo(gzip);
            }
            to.Flush(flushToDisk: true);
        }
        File.Move(unfinished, file + Packed, overwrite: true);
        DurableFolder.Flush(Path.GetDirectoryName(file)!);
        File.Delete(file);
    }

    /// <summary>The rotated files of this route, oldest first: the stamp in their names sorts them.</summary>
    private IEnumerable<string> Rotated()
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        string ending = Path.GetExtension(path);
        return Directory
            .EnumerateFiles(Path.GetDirectoryName(path)!, $"{stem}-*")
            .Where(file =>
            {
                string name = Path.GetFileName(file);
                name = name.EndsWith(Packed, StringComparison.Ordinal) ? name[..^Packed.Length] : name;
                return name.EndsWith(ending, StringComparison.Ordinal)
                    && name.Length >= stem.Length + 17 + ending.Length
                    && name[(stem.Length + 1)..(stem.Length + 9)].All(char.IsAsciiDigit)
                    && name[stem.Length + 9] == 'T'
                    && name[stem.Length + 16] == 'Z';
            })
            .Order(StringComparer.Ordinal);
    }
}
