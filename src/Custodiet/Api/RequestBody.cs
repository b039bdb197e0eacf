using System.Buffers;
using System.IO.Compression;

namespace Custodiet.Api;

/// <summary>What became of reading a body.</summary>
/// <param name="Bytes">The body after decompression.</param>
/// <param name="Problem">What is wrong, and the status for it.</param>
internal readonly record struct BodyRead(ReadOnlyMemory<byte> Bytes, (int Status, string Reason)? Problem);

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
        await using GZipStream? unpacked = gzip ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true) : null;
        Stream source = unpacked ?? request.Body;
        byte[] buffer = new byte[Math.Clamp((int)(request.ContentLength ?? 0) + 1, 16 * 1024, bytesMax)];
        int filled = 0;
        try
        {
            while (true)
            {
                if (filled == buffer.Length)
                {
                    if (filled >= bytesMax)
                    {
                        // One more byte tells whether it ends exactly here.
                        byte[] probe = new byte[1];
                        return await source.ReadAsync(probe, cancellation) == 0
                            ? new BodyRead(buffer.AsMemory(0, filled), null)
                            : Refuse(413, TooLarge(bytesMax));
                    }
                    Array.Resize(ref buffer, (int)Math.Min(bytesMax, buffer.Length * 2L));
                }
                int read = await source.ReadAsync(buffer.AsMemory(filled), cancellation);
                if (read == 0)
                {
                    return new BodyRead(buffer.AsMemory(0, filled), null);
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
    }

    private static string TooLarge(int bytesMax) =>
        $"The body has more than {bytesMax:N0} bytes (input.batch_bytes_max); send smaller batches.";

    private static BodyRead Refuse(int status, string reason) => new(default, (status, reason));
}
