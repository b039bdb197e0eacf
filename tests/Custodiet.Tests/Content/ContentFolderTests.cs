using Custodiet.Content;
using Custodiet.Documents;

namespace Custodiet.Tests.Content;

public sealed class ContentFolderTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-content-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    private string Write(string name, string text)
    {
        string file = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    private ContentFolder Read() => ContentFolder.Read([root], TestContext.Current.CancellationToken);

    [Fact]
    public void FilesAreSortedByKindAndOthersAreLeftAlone()
    {
        Write("parsers/b.yml", "b");
        Write("parsers/a.yaml", "a");
        Write("parsers/notes.md", "n");
        Write("rules/windows/deep/r.yml", "r");
        Write("logsources/w.yml", "w");
        Write("mappings/m.yml", "m");
        Write("processes/p.yml", "p");
        Write("other/x.yml", "x");
        ContentFolder content = Read();
        Assert.Empty(content.Problems);
        Assert.Equal(["a", "b"], content.Parsers.Select(text => text.Text));
        Assert.Equal("r", Assert.Single(content.Rules).Text);
        Assert.Equal("w", Assert.Single(content.LogSources).Text);
        Assert.Equal("m", Assert.Single(content.Mappings).Text);
        Assert.Equal("p", Assert.Single(content.Processes).Text);
    }

    [Fact]
    public void TheDigestFollowsTheContentAndNotThePlace()
    {
        Write("one/parsers/a.yml", "a");
        Write("two/parsers/a.yml", "a");
        Write("three/parsers/a.yml", "A");
        Write("four/parsers/b.yml", "a");
        string Digest(string folder) =>
            ContentFolder.Read([Path.Combine(root, folder)], TestContext.Current.CancellationToken).Digest;
        Assert.Equal(Digest("one"), Digest("two"));
        Assert.NotEqual(Digest("one"), Digest("three"));
        Assert.NotEqual(Digest("one"), Digest("four"));
        Assert.Equal(64, Digest("one").Length);
    }

    [Fact]
    public void WhatCannotBeReadIsAProblemWithItsNameAndTheRestIsRead()
    {
        Write("rules/good.yml", "good");
        File.WriteAllBytes(Write("rules/binary.yml", ""), [0xC3, 0x28]);
        Write("rules/huge.yml", new string('x', 1024 * 1024 + 1));
        File.CreateSymbolicLink(Path.Combine(root, "rules/dangling.yml"), Path.Combine(root, "nowhere.yml"));
        ContentFolder content = Read();
        Assert.Equal("good", Assert.Single(content.Rules).Text);
        Assert.Equal(
            [("binary.yml", "content.utf8"), ("dangling.yml", "content.unreadable"), ("huge.yml", "content.size")],
            content.Problems.Select(problem => (Path.GetFileName(problem.Position.File), problem.Code))
        );
    }

    [Fact]
    public void ACircleOfLinksEnds()
    {
        Write("rules/a/r.yml", "r");
        Directory.CreateSymbolicLink(Path.Combine(root, "rules/a/again"), Path.Combine(root, "rules"));
        ContentFolder content = Read();
        Assert.Single(content.Rules);
        Assert.Equal("content.link", Assert.Single(content.Problems).Code);
    }

    [Fact]
    public void AFolderThatIsNotThereOrHoldsNoContentIsAProblem()
    {
        ContentFolder content = ContentFolder.Read(
            [Path.Combine(root, "nowhere"), root],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(["content.missing", "content.empty"], content.Problems.Select(problem => problem.Code));
    }

    [Fact]
    public void RulesAreReadFromFilesAndFoldersOnceEach()
    {
        string file = Write("x/a.yml", "\uFEFFa");
        Write("x/y/b.yml", "b");
        Write("x/.git/c.yml", "c");
        RuleFiles rules = ContentFolder.ReadRules(
            [file, Path.Combine(root, "x"), Path.Combine(root, "none")],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(["a", "b"], rules.Texts.Select(text => text.Text));
        Assert.Equal("content.missing", Assert.Single(rules.Problems).Code);
    }

    [Fact]
    public void TheStarterContentIsReadWithoutAProblem()
    {
        ContentFolder content = ContentFolder.Read([TestPaths.Content], TestContext.Current.CancellationToken);
        Assert.Empty(content.Problems);
        Assert.NotEmpty(content.Parsers);
        Assert.NotEmpty(content.LogSources);
        Assert.NotEmpty(content.Mappings);
        Assert.All<SourceText>(content.Parsers, text => Assert.Equal(64, text.Digest.Length));
    }
}
