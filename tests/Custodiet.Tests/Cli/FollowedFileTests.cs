using System.Text;
using Custodiet.Cli;

namespace Custodiet.Tests.Cli;

public sealed class FollowedFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-follow-").FullName;

    private string Log => Path.Combine(folder, "sensor.jsonl");

    private string State => Path.Combine(folder, "state");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task OnlyWholeLinesAreTakenAndTheRestWaits()
    {
        await File.WriteAllTextAsync(Log, "{\"n\":1}\n{\"n\":2", Cancellation);
        using FollowedFile file = FollowedFile.Open(Log, State);
        Assert.Equal("{\"n\":1}\n", await TakeAsync(file));
        Assert.Null(await TakeAsync(file));
        await File.AppendAllTextAsync(Log, "2}\n", Cancellation);
        Assert.Equal("{\"n\":22}\n", await TakeAsync(file));
    }

    [Fact]
    public async Task ARestartGoesOnWhereTheLastAcknowledgementWas()
    {
        await File.WriteAllTextAsync(Log, "{\"n\":1}\n", Cancellation);
        using (FollowedFile file = FollowedFile.Open(Log, State))
        {
            Assert.Equal("{\"n\":1}\n", await TakeAsync(file));
        }
        await File.AppendAllTextAsync(Log, "{\"n\":2}\n", Cancellation);
        using FollowedFile again = FollowedFile.Open(Log, State);
        Assert.Equal("{\"n\":2}\n", await TakeAsync(again));
    }

    [Fact]
    public async Task WhatWasNotAcknowledgedComesAgainUnderTheSameKey()
    {
        await File.WriteAllTextAsync(Log, "{\"n\":1}\n", Cancellation);
        string key;
        using (FollowedFile file = FollowedFile.Open(Log, State))
        {
            key = (await file.NextAsync(Cancellation))!.Value.Key;
        }
        using FollowedFile again = FollowedFile.Open(Log, State);
        Assert.Equal(key, (await again.NextAsync(Cancellation))!.Value.Key);
    }

    [Fact]
    public async Task ARotatedFileIsReadToItsEndAndThenTheNewOne()
    {
        await File.WriteAllTextAsync(Log, "{\"n\":1}\n", Cancellation);
        using FollowedFile file = FollowedFile.Open(Log, State);
        Assert.Equal("{\"n\":1}\n", await TakeAsync(file));
        await File.AppendAllTextAsync(Log, "{\"n\":2}\n", Cancellation);
        File.Move(Log, Log + ".1");
        await File.WriteAllTextAsync(Log, "{\"n\":3}\n", Cancellation);
        Assert.Equal("{\"n\":2}\n", await TakeAsync(file));
        Assert.Equal("{\"n\":3}\n", await TakeAsync(file));
        Assert.Equal(1, file.Renewals);
    }

    [Fact]
    public async Task ATruncatedFileIsReadFromItsBeginning()
    {
        await File.WriteAllTextAsync(Log, "{\"n\":1,\"padding\":\"xxxxxxxxxxxxxxxx\"}\n", Cancellation);
        using FollowedFile file = FollowedFile.Open(Log, State);
        Assert.NotNull(await TakeAsync(file));
        await using (FileStream truncated = new(Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            truncated.SetLength(0);
            await truncated.WriteAsync("{\"n\":2}\n"u8.ToArray(), Cancellation);
        }
        Assert.Equal("{\"n\":2}\n", await TakeAsync(file));
    }

    [Fact]
    public async Task AFileThatIsNotThereYetIsWaitedFor()
    {
        using FollowedFile file = FollowedFile.Open(Log, State);
        Assert.Null(await TakeAsync(file));
        await File.WriteAllTextAsync(Log, "{\"n\":1}\n", Cancellation);
        Assert.Equal("{\"n\":1}\n", await TakeAsync(file));
    }

    [Fact]
    public void ADamagedPlaceIsNamedWithWhatToDo()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Log, "{\"n\":1}\n");
        using (FollowedFile file = FollowedFile.Open(Log, State))
        {
            file.Acknowledge(0);
        }
        File.WriteAllText(Directory.EnumerateFiles(State).Single(), "{");
        CommandException refused = Assert.Throws<CommandException>(() => FollowedFile.Open(Log, State));
        Assert.Contains("Delete it", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string?> TakeAsync(FollowedFile file)
    {
        if (await file.NextAsync(Cancellation) is not { } lines)
        {
            return null;
        }
        file.Acknowledge(lines.Bytes.Length);
        return Encoding.UTF8.GetString(lines.Bytes);
    }
}
