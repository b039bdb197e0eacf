using System.IO.Compression;
using Custodiet.Outputs;

namespace Custodiet.Tests.Outputs;

public class FileRouteTests
{
    private const string Route = """
        id: on
        batch: {events: 20, seconds: 0}
        to: {file: {path: day/events.jsonl, rotate: {megabytes: 1, hours: 0, keep: 3}}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LinesAreAppendedAndFilesRotatedCompressedAndBounded()
    {
        await using OutputStage stage = await OutputStage.StartAsync(Route);
        string folder = Path.Combine(stage.Files, "day");
        await stage.SendAsync(2_000, padding: 3_000);
        await stage.UntilAsync(s => s.Sent == 2_000);
        string current = Path.Combine(folder, "events.jsonl");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(current)
        );
        Assert.InRange(new FileInfo(current).Length, 1, 1 << 20);
        await stage.StopAsync();
        string[] rotated = [.. Directory.EnumerateFiles(folder, "events-*").Order(StringComparer.Ordinal)];
        // Some six megabytes make five full files, of which three stay.
        Assert.Equal(3, rotated.Length);
        Assert.All(rotated, file => Assert.Matches(@"events-\d{8}T\d{6}Z(-\d)?\.jsonl\.gz$", file));
        List<string> lines = [.. rotated.SelectMany(Unpack), .. await File.ReadAllLinesAsync(current, Cancellation)];
        Assert.Equal(lines.Count, lines.Distinct().Count());
        Assert.Contains("\"number\":1999,", lines[^1], StringComparison.Ordinal);
        await stage.StartAsync();
    }

    [Fact]
    public async Task WhatACrashLeftBehindTheLastWholeBatchIsCutOff()
    {
        await using OutputStage stage = await OutputStage.StartAsync(Route);
        string file = Path.Combine(stage.Files, "day", "events.jsonl");
        await stage.SendAsync(30);
        await stage.UntilAsync(s => s.Sent == 30);
        await stage.StopAsync();
        string before = await File.ReadAllTextAsync(file, Cancellation);
        await File.AppendAllTextAsync(file, "{\"number\":30,\"torn", Cancellation);
        await stage.StartAsync();
        await stage.SendAsync(10);
        await stage.UntilAsync(s => s.Sent == 40);
        string[] lines = await File.ReadAllLinesAsync(file, Cancellation);
        Assert.Equal(40, lines.Length);
        Assert.StartsWith(before, await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.Equal(40, lines.Distinct().Count());
    }

    [Fact]
    public async Task WhoeverMovesTheFileAwayGetsAllOfItAndAFolderInItsPlaceIsWaitedFor()
    {
        await using OutputStage stage = await OutputStage.StartAsync(Route);
        string file = Path.Combine(stage.Files, "day", "events.jsonl");
        await stage.SendAsync(10);
        await stage.UntilAsync(s => s.Sent == 10);
        File.Move(file, file + ".moved");
        Directory.CreateDirectory(file);
        await stage.SendAsync(10);
        RouteStatus waits = await stage.UntilAsync(s => s.Condition == RouteCondition.Waiting);
        Assert.Contains(file, waits.Problem, StringComparison.Ordinal);
        Directory.Delete(file);
        await stage.UntilAsync(s => s.Sent == 20);
        Assert.Equal(10, (await File.ReadAllLinesAsync(file + ".moved", Cancellation)).Length);
        Assert.Equal(10, (await File.ReadAllLinesAsync(file, Cancellation)).Length);
    }

    private static IEnumerable<string> Unpack(string file)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
