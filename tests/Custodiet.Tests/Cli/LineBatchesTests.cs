using System.IO.Compression;
using System.Text;
using Custodiet.Cli;

namespace Custodiet.Tests.Cli;

public sealed class LineBatchesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-lines-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryLineComesOnceInOrderPlainOrGzip(bool gzip)
    {
        string[] lines = [.. Enumerable.Range(0, 60_000).Select(n => $$"""{"n":{{n}},"filling":"{{new string('x', n % 300)}}"}""")];
        string file = Path.Combine(folder, "events");
        byte[] text = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        await using (FileStream raw = File.Create(file))
        await using (Stream target = gzip ? new GZipStream(raw, CompressionLevel.Fastest) : raw)
        {
            await target.WriteAsync(text, Cancellation);
        }
        using LineBatches batches = LineBatches.Open(file);
        using MemoryStream together = new();
        long next = 1;
        while (await batches.NextAsync(Cancellation) is { } batch)
        {
            Assert.Equal(next, batch.FirstLine);
            Assert.Equal(together.Length, batch.Start);
            Assert.True(batch.Bytes.Length <= LineBatches.BatchBytes);
            next += batch.Lines;
            together.Write(batch.Bytes.Span);
        }
        Assert.Equal(lines.Length, next - 1);
        Assert.True(together.ToArray().AsSpan().SequenceEqual(text));
    }

    [Fact]
    public async Task ALineLongerThanABatchIsSentWhole()
    {
        string file = Path.Combine(folder, "events");
        string large = new('x', LineBatches.BatchBytes * 2);
        await File.WriteAllTextAsync(file, $"a\n{large}\nb\n", Cancellation);
        using LineBatches batches = LineBatches.Open(file);
        StringBuilder together = new();
        while (await batches.NextAsync(Cancellation) is { } batch)
        {
            together.Append(Encoding.UTF8.GetString(batch.Bytes.Span));
        }
        Assert.Equal($"a\n{large}\nb\n", together.ToString());
    }

    [Fact]
    public async Task AnEmptyFileHasNoBatch()
    {
        string file = Path.Combine(folder, "events");
        await File.WriteAllTextAsync(file, "", Cancellation);
        using LineBatches batches = LineBatches.Open(file);
        Assert.Null(await batches.NextAsync(Cancellation));
    }
}
