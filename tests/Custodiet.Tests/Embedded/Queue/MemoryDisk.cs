using Custodiet.Embedded.Queue;

namespace Custodiet.Tests.Embedded.Queue;

/// <summary>
/// A disk in memory that forgets what was not flushed when the power goes, and fails at a chosen call. A name is durable
/// once the folder was flushed, content once its file was.
/// </summary>
internal sealed class MemoryDisk : ISegmentDisk
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, MemoryFile> files = new(StringComparer.Ordinal);
    private HashSet<string> durableNames = new(StringComparer.Ordinal);
    private int calls;

    /// <summary>The numbers of the calls (writes, flushes, creations, cuts) that fail.</summary>
    public Func<int, string, bool> Fails { get; set; } = (_, _) => false;

    /// <summary>Whether a failing write leaves half of its bytes behind.</summary>
    public bool TearsWrites { get; set; } = true;

    public long Free { get; set; } = long.MaxValue;

    public int Calls => calls;

    public IReadOnlyDictionary<string, byte[]> Files
    {
        get
        {
            lock (gate)
            {
                return files.ToDictionary(file => file.Key, file => file.Value.Content.ToArray());
            }
        }
    }

    public static MemoryDisk Of(IReadOnlyDictionary<string, byte[]> content)
    {
        MemoryDisk disk = new();
        foreach ((string name, byte[] bytes) in content)
        {
            disk.files[name] = new MemoryFile(disk) { Content = [.. bytes], Durable = [.. bytes] };
            disk.durableNames.Add(name);
        }
        return disk;
    }

    /// <summary>What a machine finds after the power was gone; of unflushed bytes so many survive.</summary>
    public MemoryDisk AfterPowerLoss(Func<int, int> surviving)
    {
        lock (gate)
        {
            Dictionary<string, byte[]> left = new(StringComparer.Ordinal);
            foreach ((string name, MemoryFile file) in files)
            {
                if (durableNames.Contains(name))
                {
                    byte[] bytes = [.. file.Durable];
                    int unflushed = Math.Max(0, file.Content.Count - bytes.Length);
                    int kept = unflushed == 0 ? 0 : surviving(unflushed);
                    left[name] = [.. bytes, .. file.Content.Skip(bytes.Length).Take(kept)];
                }
            }
            return Of(left);
        }
    }

    public IReadOnlyList<string> List()
    {
        lock (gate)
        {
            return [.. files.Keys];
        }
    }

    public ISegmentFile Create(string name, long reserveBytes)
    {
        Call("create");
        lock (gate)
        {
            return files[name] = new MemoryFile(this);
        }
    }

    public ISegmentFile Open(string name, bool write)
    {
        lock (gate)
        {
            return files.TryGetValue(name, out MemoryFile? file) ? file : throw new FileNotFoundException(name);
        }
    }

    public void Delete(string name)
    {
        Call("delete");
        lock (gate)
        {
            files.Remove(name);
        }
    }

    public void Copy(string name, string to)
    {
        lock (gate)
        {
            files[to] = new MemoryFile(this) { Content = [.. files[name].Content], Durable = [.. files[name].Content] };
            durableNames.Add(to);
        }
    }

    public void Flush()
    {
        Call("flush folder");
        lock (gate)
        {
            durableNames = [.. files.Keys];
        }
    }

    public long FreeBytes() => Free;

    private void Call(string what)
    {
        if (Fails(Interlocked.Increment(ref calls), what))
        {
            throw new IOException("No space left on device (injected)");
        }
    }

    private sealed class MemoryFile(MemoryDisk disk) : ISegmentFile
    {
        public List<byte> Content { get; init; } = [];

        public List<byte> Durable { get; set; } = [];

        public long Length
        {
            get
            {
                lock (disk.gate)
                {
                    return Content.Count;
                }
            }
        }

        public int Read(long position, Span<byte> buffer)
        {
            lock (disk.gate)
            {
                int count = (int)Math.Clamp(Content.Count - position, 0, buffer.Length);
                System
                    .Runtime.InteropServices.CollectionsMarshal.AsSpan(Content)
                    .Slice((int)Math.Min(position, Content.Count), count)
                    .CopyTo(buffer);
                return count;
            }
        }

        public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
        {
            byte[] bytes = [.. buffers.SelectMany(buffer => buffer.ToArray())];
            try
            {
                disk.Call("write");
                Put(position, bytes);
            }
            catch (IOException) when (disk.TearsWrites)
            {
                Put(position, bytes[..(bytes.Length / 2)]);
                throw;
            }
        }

        public void SetLength(long length)
        {
            disk.Call("cut");
            lock (disk.gate)
            {
                Content.RemoveRange((int)length, Content.Count - (int)length);
            }
        }

        public void Flush()
        {
            disk.Call("flush");
            lock (disk.gate)
            {
                Durable = [.. Content];
            }
        }

        public void Dispose() { }

        private void Put(long position, byte[] bytes)
        {
            lock (disk.gate)
            {
                Content.AddRange(new byte[Math.Max(0, (int)position + bytes.Length - Content.Count)]);
                bytes.CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Content)[(int)position..]);
            }
        }
    }
}
