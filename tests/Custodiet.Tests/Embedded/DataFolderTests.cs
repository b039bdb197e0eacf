using Custodiet.Embedded;

namespace Custodiet.Tests.Embedded;

public sealed class DataFolderTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-folder-").FullName;

    private string Data => Path.Combine(root, "data");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void ANewFolderIsForItsOwnerAloneAndKnowsItsFormat()
    {
        using DataFolder folder = DataFolder.Open(Data);
        Assert.True(folder.Created);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(Data, "format")));
        Assert.True(Directory.Exists(folder.Queue) && Directory.Exists(folder.Keys));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Data)
            );
        }
    }

    [Fact]
    public void ASecondOpeningNamesTheProcessThatHasIt()
    {
        using (DataFolder.Open(Data))
        {
            DataFolderException error = Assert.Throws<DataFolderException>(() => DataFolder.Open(Data));
            Assert.Equal(DataFolderRefusal.Locked, error.Refusal);
            Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
            Assert.Equal(Environment.ProcessId, DataFolder.HolderOf(Data));
        }
        Assert.Null(DataFolder.HolderOf(Data));
        using DataFolder again = DataFolder.Open(Data);
        Assert.False(again.Created);
    }

    [Theory]
    [InlineData("2\n", DataFolderRefusal.Newer)]
    [InlineData("", DataFolderRefusal.Damaged)]
    [InlineData("one", DataFolderRefusal.Damaged)]
    [InlineData("0", DataFolderRefusal.Damaged)]
    public void AFormatThatIsNotOursIsRefusedAndTheFolderGivenFree(string format, DataFolderRefusal refusal)
    {
        DataFolder.Open(Data).Dispose();
        File.WriteAllText(Path.Combine(Data, "format"), format);
        Assert.Equal(refusal, Assert.Throws<DataFolderException>(() => DataFolder.Open(Data)).Refusal);
        Assert.Equal(refusal, Assert.Throws<DataFolderException>(() => DataFolder.Open(Data)).Refusal);
    }

    [Fact]
    public void AFileInThePlaceOfTheFolderIsToldWithWhatToDo()
    {
        File.WriteAllText(Data, "");
        DataFolderException error = Assert.Throws<DataFolderException>(() => DataFolder.Open(Data));
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
    }
}
