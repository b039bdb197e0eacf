using Custodiet.Archive;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Embedded.RecordFile;

namespace Custodiet.Tests.Embedded;

/// <summary>Formats of the data folder: upgrades bring it forward, whatever crash comes between; a downgrade is refused.</summary>
public sealed class FolderFormatTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-format-").FullName;

    private string Data => Path.Combine(root, "data");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void AFormatStandsForTheVersionsOfAllStores()
    {
        // Once this format is released, a store whose version grows needs a new format of the folder: a Migration in FolderFormat.cs, so that
        // a downgrade is refused, and a new folder in tests/fixtures. Before the release, this line is what changes.
        Assert.Equal((1, 4, 1), (DataFolder.FormatVersion, Schema.Version, SegmentHeader.Version));
        Assert.Equal(2, Manifest.Version);
    }

    [Fact]
    public void MigrationsAreNumberedWithoutGaps() =>
        Assert.Equal(Enumerable.Range(2, Migrations.All.Count), Migrations.All.Select(m => m.To));

    [Fact]
    public void AFolderIsBroughtThroughEveryFormatInOrderAndRemembersWhenceUntilThatIsRecorded()
    {
        DataFolder.Open(Data).Dispose();
        List<int> ran = [];
        Migration[] migrations = [Step(2, ran), Step(3, ran)];
        using (DataFolder folder = DataFolder.Open(Data, migrations, restoring: false))
        {
            Assert.Equal(new FormatChange(1, 3), folder.Change);
        }
        Assert.Equal([2, 3], ran);
        Assert.Equal(3, DataFolder.FormatOf(Data));
        using (DataFolder folder = DataFolder.Open(Data, migrations, restoring: false))
        {
            // Still not recorded: a crash may have come before.
            Assert.Equal(new FormatChange(1, 3), folder.Change);
            folder.ChangeRecorded();
        }
        using (DataFolder folder = DataFolder.Open(Data, migrations, restoring: false))
        {
            Assert.Null(folder.Change);
        }
        Assert.Equal([2, 3], ran);
    }

    [Fact]
    public void ACrashAnywhereInAMigrationIsFollowedByTheWholeMigrationAgain()
    {
        // Three acts of two migrations; the disk fails before each of them, one after another.
        for (int failing = 0; failing < 3; failing++)
        {
            string data = Path.Combine(root, $"crash{failing}");
            DataFolder.Open(data).Dispose();
            File.WriteAllText(Path.Combine(data, "old"), "content");
            int acts = 0;
            int failAt = failing;
            void Act(Action act)
            {
                if (acts++ == failAt)
                {
                    throw new IOException("No space left on device");
                }
                act();
            }
            Migration[] migrations =
            [
                new(
                    2,
                    "the file «old» is called «new»",
                    folder =>
                    {
                        Act(() => Directory.CreateDirectory(Path.Combine(folder, "new")));
                        Act(() =>
                        {
                            if (File.Exists(Path.Combine(folder, "old")))
                            {
                                File.Move(Path.Combine(folder, "old"), Path.Combine(folder, "new", "file"));
                            }
                        });
                    }
                ),
                new(3, "a file more", folder => Act(() => File.WriteAllText(Path.Combine(folder, "more"), "more"))),
            ];
            DataFolderException error = Assert.Throws<DataFolderException>(() =>
                DataFolder.Open(data, migrations, restoring: false)
            );
            Assert.Equal(DataFolderRefusal.NotMigrated, error.Refusal);
            Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
            Assert.Equal(failing < 2 ? 1 : 2, DataFolder.FormatOf(data));
            using DataFolder folder = DataFolder.Open(data, migrations, restoring: false);
            Assert.Equal(new FormatChange(1, 3), folder.Change);
            Assert.Equal("content", File.ReadAllText(Path.Combine(data, "new", "file")));
            Assert.True(File.Exists(Path.Combine(data, "more")));
        }
    }

    [Fact]
    public void ADowngradeIsRefusedAndNamesBothVersionsAndBothFormats()
    {
        DataFolder.Open(Data).Dispose();
        File.WriteAllText(Path.Combine(Data, "format"), "7\n");
        File.WriteAllText(Path.Combine(Data, "written-by"), "3.2.1\n");
        DataFolderException error = Assert.Throws<DataFolderException>(() => DataFolder.Open(Data));
        Assert.Equal(DataFolderRefusal.Newer, error.Refusal);
        Assert.Contains("format 7, written by version 3.2.1", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"version {Flow.Version}, which reads formats up to 1",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Equal("3.2.1\n", File.ReadAllText(Path.Combine(Data, "written-by")));
    }

    [Fact]
    public void RootDoesNotOpenWhatBelongsToTheService()
    {
        Assert.SkipUnless(FileOwner.Self == 0, "only root can give a folder to another user");
        DataFolder.Open(Data).Dispose();
        new FileOwner(65_534, 65_534).Take(Data);
        Assert.Equal(new FileOwner(65_534, 65_534), FileOwner.Of(Data));
        DataFolderException error = Assert.Throws<DataFolderException>(() => DataFolder.Open(Data));
        Assert.Equal(DataFolderRefusal.ForeignOwner, error.Refusal);
        Assert.Contains("runuser", error.Message, StringComparison.Ordinal);
    }

    private static Migration Step(int to, List<int> ran) => new(to, $"step {to}", _ => ran.Add(to));
}
