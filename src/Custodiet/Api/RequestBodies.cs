using System.IO.Compression;
using Custodiet.Records;

namespace Custodiet.Api;

/// <summary>What became of reading a body.</summary>
/// <param name="Bytes">The body after decompression.</param>
/// <param name="Problem">What is wrong, and the status for it.</param>
internal readonly record struct BodyRead(Memory<byte> Bytes, (int Status, string Reason)? Problem) : IDisposable
{
    /// <summary>What holds the bytes, or null.</summary>
    public IDisposable? Holder { get; init; }

    /// <summary>Gives the buffer back; nothing may refer to the bytes any more.</summary>
    public void Dispose() => Holder?.Dispose();
}

/// <summary>
/// Reads bodies within bounds, plain or gzip: one for a body, which holds after decompression, so that a small bomb stays small, and one
/// for all bodies that are in memory at once.
/// </summary>
/// <param name="heldBytesMax">Bytes of all bodies at once; a single body is always let in.</param>
internal sealed class RequestBodies(long heldBytesMax)
{
    private long held;

    /// <summary>Bytes held by bodies now.</summary>
    public long HeldBytes => Interlocked.Read(ref held);

    /// <summary>Reads the body of a request, and refuses with 400, 413, 415, or 429 when too much is being read already.</summary>
    public async ValueTask<BodyRead> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellation)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        bool gzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!gzip && encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return Refuse(415, $"Content-Encoding «{encoding}» is not known here; gzip and identity are.");
        }
        if (request.ContentLength > bytesMax)
        {
            return Refuse(413, TooLarge(bytesMax));
        }
        await using GZipStream? unpacked = gzip
            ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true)
            : null;
        Stream source = unpacked ?? request.Body;
        Holding body = new(this);
        bool handedOver = false;
        try
        {
            if (!body.Grow(Math.Clamp((int)(request.ContentLength ?? 0) + 1, 16 * 1024, bytesMax)))
            {
                return Busy(request);
            }
            while (true)
            {
                if (body.Room(bytesMax) == 0)
                {
                    if (body.Filled >= bytesMax)
                    {
                        // One more byte tells whether it ends exactly here.
                        byte[] probe = new byte[1];
                        handedOver = await source.ReadAsync(probe, cancellation) == 0;
                        return handedOver ? body.Hand() : Refuse(413, TooLarge(bytesMax));
                    }
                    if (!body.Grow((int)Math.Min(bytesMax, body.Filled * 2L)))
                    {
                        return Busy(request);
                    }
                }
                int read = await source.ReadAsync(body.Free(bytesMax), cancellation);
                if (read == 0)
                {
                    handedOver = true;
                    return body.Hand();
                }
                body.Filled += read;
            }
        }
        catch (InvalidDataException broken)
        {
            return Refuse(400, $"The gzip body is damaged after {Counted.Of(body.Filled, "byte")}: {broken.Message}");
        }
        catch (BadHttpRequestException bad)
        {
            return Refuse(bad.StatusCode, bad.Message);
        }
        finally
        {
            if (!handedOver)
            {
                body.Dispose();
            }
        }
    }

    private bool TryTake(long bytes, long alreadyOwn)
    {
        long after = Interlocked.Add(ref held, bytes);
        if (after <= heldBytesMax || after == bytes + alreadyOwn)
        {
            return true;
        }
        Interlocked.Add(ref held, -bytes);
        return false;
    }

    private BodyRead Busy(HttpRequest request)
    {
        request.HttpContext.Response.Headers.RetryAfter = "1";
        return Refuse(
            429,
            $"Bodies of more than {heldBytesMax:N0} bytes are being read at once (input.bodies_bytes_max); nothing of this one was taken."
        );
    }

    private static string TooLarge(int bytesMax) =>
        $"The body has more than {bytesMax:N0} bytes (input.batch_bytes_max); send smaller batches.";

    private static BodyRead Refuse(int status, string reason) => new(default, (status, reason));

    /// <summary>The buffer of one body. Fresh large buffers cost more than all the work on them, so they are rented.</summary>
    private sealed class Holding(RequestBodies bodies) : IDisposable
    {
        private byte[]? buffer;

        public int Filled { get; set; }

        /// <summary>Makes room for at least so many bytes, unless all bodies together would be too much.</summary>
        public bool Grow(int length)
        {
            if (!bodies.TryTake(length, buffer?.Length ?? 0))
            {
                return false;
            }
            byte[] larger = BufferPool.Shared.Rent(length);
            // The pool rounds up; what is counted is what is held.
            Interlocked.Add(ref bodies.held, larger.Length - length);
            byte[]? smaller = buffer;
            smaller.AsSpan(0, Filled).CopyTo(larger);
            buffer = larger;
            Give(smaller);
            return true;
        }

        public int Room(int bytesMax) => Math.Min(buffer!.Length, bytesMax) - Filled;

        public Memory<byte> Free(int bytesMax) => buffer.AsMemory(Filled, Room(bytesMax));

        public BodyRead Hand() => new(buffer.AsMemory(0, Filled), null) { Holder = this };

        public void Dispose() => Give(Interlocked.Exchange(ref buffer, null));

        private void Give(byte[]? bytes)
        {
            if (bytes is not null)
            {
                Interlocked.Add(ref bodies.held, -bytes.Length);
                BufferPool.Shared.Return(bytes);
            }
        }
    }
}
