using System.Buffers;
using System.IO.Compression;

namespace Custodiet.Api;

/// <summary>What became of reading a body.</summary>
/// <param name="Bytes">The body after decompression.</param>
/// <param name="Problem">What is wrong, and the status for it.</param>
internal readonly record struct BodyRead(Memory<byte> Bytes, (int Status, string Reason)? Problem) : IDisposable
{
    /// <summary>The rented buffer behind the bytes, or null.</summary>
    public byte[]? Rented { get; init; }

    /// <summary>Gives the buffer back; nothing may refer to the bytes any more.</summary>
    public void Dispose()
    {
        if (Rented is not null)
        {
            ArrayPool<byte>.Shared.Return(Rented);
        }
    }
}

/// <summary>Reads bodies within a bound, plain or gzip. The bound holds after decompression, so that a small bomb stays small.</summary>
internal static class RequestBody
{
    public static async ValueTask<BodyRead> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellation)
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
        // Fresh large buffers cost more than all the work on them, so they are rented; the caller gives them back.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(
            Math.Clamp((int)(request.ContentLength ?? 0) + 1, 16 * 1024, bytesMax)
        );
        int filled = 0;
        bool handedOver = false;
        try
        {
            while (true)
            {
                if (filled == Math.Min(buffer.Length, bytesMax))
                {
                    if (filled >= bytesMax)
                    {
                        // One more byte tells whether it ends exactly here.
                        byte[] probe = new byte[1];
                        handedOver = await source.ReadAsync(probe, cancellation) == 0;
                        return handedOver
                            ? new BodyRead(buffer.AsMemory(0, filled), null) { Rented = buffer }
                            : Refuse(413, TooLarge(bytesMax));
                    }
                    byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytesMax, buffer.Length * 2L));
                    buffer.AsSpan(0, filled).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                int room = Math.Min(buffer.Length, bytesMax) - filled;
                int read = await source.ReadAsync(buffer.AsMemory(filled, room), cancellation);
                if (read == 0)
                {
                    handedOver = true;
                    return new BodyRead(buffer.AsMemory(0, filled), null) { Rented = buffer };
                }
                filled += read;
            }
        }
        catch (InvalidDataException broken)
        {
            return Refuse(400, $"The gzip body is damaged after {filled:N0} bytes: {broken.Message}");
        }
        catch (BadHttpRequestException bad)
        {
            return Refuse(bad.StatusCode, bad.Message);
        }
        finally
        {
            if (!handedOver)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static string TooLarge(int bytesMax) =>
        $"The body has more than {bytesMax:N0} bytes (input.batch_bytes_max); send smaller batches.";

    private static BodyRead Refuse(int status, string reason) => new(default, (status, reason));
}
