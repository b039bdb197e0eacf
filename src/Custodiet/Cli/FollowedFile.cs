using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Custodiet.Cli;

/// <summary>
/// A file that grows, read from where it was left: through rotation (another file takes the name), truncation (it becomes
/// shorter) and restarts. Its place is kept in a small file beside, written after the batch was acknowledged; since a batch's key
/// names file and place, a crash in between repeats a batch and adds nothing.
/// </summary>
internal sealed class FollowedFile : IDisposable
{
    private const int FingerprintBytes = 256;
    private readonly string path;
    private readonly string placeFile;
    private FileStream? file;
    private Place place;

    private FollowedFile(string path, string placeFile, Place place)
    {
        this.path = path;
        this.placeFile = placeFile;
        this.place = place;
    }

    /// <summary>The file's name.</summary>
    public string Name => path;

    /// <summary>Lines that ended with the file's rotation or truncation in the middle, and were sent as they were.</summary>
    public long Incomplete { get; private set; }

    /// <summary>Times the file was rotated or truncated.</summary>
    public long Renewals { get; private set; }

    public static FollowedFile Open(string path, string stateFolder)
    {
        Directory.CreateDirectory(stateFolder);
        string full = Path.GetFullPath(path);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..24];
        string placeFile = Path.Combine(stateFolder, name + ".json");
        Place place = new(full, "", 0);
        if (File.Exists(placeFile))
        {
            try
            {
                place = JsonSerializer.Deserialize<Place>(File.ReadAllText(placeFile)) ?? place;
            }
            catch (JsonException)
            {
                throw new CommandException(
                    ExitCode.Unavailable,
                    $"{placeFile} is damaged. Delete it to read {full} from its beginning again."
                );
            }
        }
        return new FollowedFile(full, placeFile, place);
    }

    /// <summary>The next whole lines, or null when there are none at present.</summary>
    public async ValueTask<(byte[] Bytes, string Key)?> NextAsync(CancellationToken cancellation)
    {
        if (file is null && !OpenCurrent())
        {
            return null;
        }
        byte[] buffer = new byte[LineBatches.BatchBytes];
        file!.Position = place.Offset;
        int filled = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        int end = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
        if (end == 0)
        {
            if (!WasRenewed())
            {
                return null;
            }
            // The writer has left this file: what is here is all there will be.
            end = filled;
            Incomplete += filled > 0 ? 1 : 0;
            if (filled == 0)
            {
                Renew();
                return await NextAsync(cancellation);
            }
        }
        string key = string.Create(CultureInfo.InvariantCulture, $"follow:{place.Fingerprint}:{place.Offset}:{end}");
        return (buffer[..end], key);
    }

    /// <summary>Remembers that so many bytes were acknowledged.</summary>
    public void Acknowledge(int bytes)
    {
        place = place with { Offset = place.Offset + bytes };
        Save();
    }

    public void Dispose() => file?.Dispose();

    private bool OpenCurrent()
    {
        if (!File.Exists(path))
        {
            return false;
        }
        FileStream opened = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            1,
            useAsync: true
        );
        string fingerprint = Fingerprint(opened);
        if (fingerprint.Length == 0)
        {
            opened.Dispose();
            return false;
        }
        if (fingerprint != place.Fingerprint || opened.Length < place.Offset)
        {
            place = new Place(path, fingerprint, 0);
            Save();
        }
        file = opened;
        return true;
    }

    /// <summary>Whether the name stands for another file now, or this one became shorter.</summary>
    private bool WasRenewed()
    {
        if (file!.Length < place.Offset)
        {
            return true;
        }
        if (!File.Exists(path))
        {
            return false;
        }
        using FileStream current = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        string fingerprint = Fingerprint(current);
        return fingerprint.Length > 0 && fingerprint != place.Fingerprint;
    }

    private void Renew()
    {
        file!.Dispose();
        file = null;
        Renewals++;
        place = new Place(path, "", 0);
    }

    /// <summary>Inode and first line: an inode alone is reused, a first line alone may repeat.</summary>
    private static string Fingerprint(FileStream stream)
    {
        byte[] head = new byte[FingerprintBytes];
        int read = RandomAccess.Read(stream.SafeFileHandle, head, 0);
        int line = head.AsSpan(0, read).IndexOf((byte)'\n');
        if (line < 0 && read < FingerprintBytes)
        {
            return "";
        }
        int length = line < 0 ? read : line;
        return Convert.ToHexStringLower(SHA256.HashData(head.AsSpan(0, length)))[..16]
            + "-"
            + Inode(stream).ToString("x", CultureInfo.InvariantCulture);
    }

    private static long Inode(FileStream stream)
    {
        // The framework does not tell an inode; /proc does, for any open file.
        string link = $"/proc/self/fdinfo/{stream.SafeFileHandle.DangerousGetHandle()}";
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux) || !File.Exists(link))
        {
            return 0;
        }
        string? line = File.ReadLines(link).FirstOrDefault(l => l.StartsWith("ino:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(4).Trim(), CultureInfo.InvariantCulture);
    }

    private void Save()
    {
        string temporary = placeFile + ".tmp";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, place);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, placeFile, overwrite: true);
    }

    private sealed record Place(string Path, string Fingerprint, long Offset);
}
