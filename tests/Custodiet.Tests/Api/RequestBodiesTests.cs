using System.IO.Compression;
using CsCheck;
using Custodiet.Api;
using Custodiet.Records;
using Microsoft.AspNetCore.Http;

namespace Custodiet.Tests.Api;

public sealed class RequestBodiesTests
{
    private static readonly CancellationToken none = CancellationToken.None;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_384)]
    [InlineData(99_999)]
    [InlineData(100_000)]
    public async Task ABodyWithinTheBoundIsReadWhole(int length)
    {
        RequestBodies bodies = new(1 << 20);
        byte[] sent = Bytes(length);
        foreach (bool gzip in (bool[])[false, true])
        {
            using (BodyRead read = await bodies.ReadAsync(Request(sent, gzip), 100_000, none))
            {
                Assert.Null(read.Problem);
                Assert.Equal(sent, read.Bytes.ToArray());
                Assert.True(bodies.HeldBytes >= length);
            }
            Assert.Equal(0, bodies.HeldBytes);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ALargerBodyIsRefusedAndHoldsNothing(bool gzip)
    {
        RequestBodies bodies = new(1 << 20);
        using BodyRead read = await bodies.ReadAsync(Request(Bytes(100_001), gzip), 100_000, none);
        Assert.Equal(413, read.Problem?.Status);
        Assert.Equal(0, bodies.HeldBytes);
    }

    [Fact]
    public async Task ADamagedGzipBodyIsRefused()
    {
        RequestBodies bodies = new(1 << 20);
        HttpRequest request = Request("not gzip at all"u8.ToArray(), gzip: false);
        request.Headers.ContentEncoding = "gzip";
        using BodyRead read = await bodies.ReadAsync(request, 100_000, none);
        Assert.Equal(400, read.Problem?.Status);
        Assert.Equal(0, bodies.HeldBytes);
    }

    [Fact]
    public async Task AllBodiesTogetherAreBoundedAndASenderIsToldToWait()
    {
        RequestBodies bodies = new(200_000);
        using BodyRead first = await bodies.ReadAsync(Request(Bytes(150_000), gzip: false), 1 << 20, none);
        HttpRequest second = Request(Bytes(150_000), gzip: false);
        using BodyRead refused = await bodies.ReadAsync(second, 1 << 20, none);
        Assert.Null(first.Problem);
        Assert.Equal(429, refused.Problem?.Status);
        Assert.Equal("1", second.HttpContext.Response.Headers.RetryAfter);
        first.Dispose();
        using BodyRead again = await bodies.ReadAsync(Request(Bytes(150_000), gzip: false), 1 << 20, none);
        Assert.Null(again.Problem);
    }

    [Fact]
    public void IdleBuffersAreBounded()
    {
        BufferPool pool = new(1 << 20);
        byte[] small = pool.Rent(5_000);
        Assert.Equal(5_120, small.Length);
        byte[][] large = [.. Enumerable.Range(0, 3).Select(_ => pool.Rent(500_000))];
        pool.Return(small);
        Assert.Same(small, pool.Rent(5_120));
        foreach (byte[] buffer in large)
        {
            pool.Return(buffer);
        }
        Assert.Equal(1 << 20, pool.IdleBytes);
        Assert.Throws<ArgumentException>(() => pool.Return(new byte[5_000]));
    }

    [Fact]
    public void ABufferIsNeverShorterThanAskedAndLessThanAQuarterLonger() =>
        Gen.Int[0, 1 << 24]
            .Sample(
                length =>
                {
                    BufferPool pool = new(1 << 30);
                    byte[] buffer = pool.Rent(length);
                    Assert.InRange(buffer.Length, length, Math.Max(4_096, length * 5L / 4));
                    pool.Return(buffer);
                    Assert.Same(buffer, pool.Rent(length));
                },
                iter: 200
            );

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static HttpRequest Request(byte[] body, bool gzip)
    {
        DefaultHttpContext http = new();
        if (gzip)
        {
            MemoryStream packed = new();
            using (GZipStream stream = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                stream.Write(body);
            }
            http.Request.Headers.ContentEncoding = "gzip";
            body = packed.ToArray();
        }
        http.Request.Body = new MemoryStream(body);
        return http.Request;
    }
}
