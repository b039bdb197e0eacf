using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Custodiet.Tests.Architecture;

/// <summary>Holds the solution against the table of arrows in ARCHITECTURE.md.</summary>
public partial class ArrowTests
{
    private static readonly List<ProjectRow> table = ReadTable();

    [Fact]
    public void TheTableListsEveryProject()
    {
        string[] folders =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(TestPaths.Root, "src"), "*.csproj", SearchOption.AllDirectories)
                .Select(f => Path.GetFileNameWithoutExtension(f))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(folders, table.Select(r => r.Project).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void NoProjectImportsMoreThanTheTableAllows()
    {
        foreach (ProjectRow row in table)
        {
            string[] actual =
            [
                .. Items(row.Project, "ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p.Include)),
            ];
            string[] surplus = [.. actual.Except(row.MayImport)];
            Assert.True(
                surplus.Length == 0,
                $"{row.Project} imports {string.Join(", ", surplus)}. Data flows one way and no stage imports another; "
                    + "if the arrow is right, change the table in ARCHITECTURE.md first."
            );
        }
    }

    [Fact]
    public void PackagesAreReferencedOnlyByTheProjectTheyAreFencedTo()
    {
        foreach (ProjectRow row in table)
        {
            (string Include, string? PrivateAssets)[] packages = [.. Items(row.Project, "PackageReference")];
            Assert.Equal(
                row.Packages.Order(StringComparer.Ordinal),
                packages.Select(p => p.Include).Order(StringComparer.Ordinal)
            );
            if (row.Project != "Custodiet")
            {
                Assert.All(packages, p => Assert.Equal("compile", p.PrivateAssets));
            }
        }
    }

    [Fact]
    public void CompiledAssembliesUseNoPackageOfAnotherFence()
    {
        Dictionary<string, string> fences = new()
        {
            ["YamlDotNet"] = "Custodiet.Documents",
            ["NSec.Cryptography"] = "Custodiet.Ledger",
            ["ParquetSharp"] = "Custodiet.Archive",
            ["DuckDB.NET.Data"] = "Custodiet.Archive",
            ["Microsoft.Data.Sqlite"] = "Custodiet.Embedded",
            ["System.IO.Hashing"] = "Custodiet.Embedded",
            ["System.CommandLine"] = "custodiet",
            ["Spectre.Console"] = "custodiet",
        };
        string[] ours =
        [
            .. Directory
                .EnumerateFiles(AppContext.BaseDirectory, "*.dll")
                .Where(f =>
                    AssemblyName().IsMatch(Path.GetFileName(f)) && !f.EndsWith("Tests.dll", StringComparison.Ordinal)
                ),
        ];
        Assert.True(ours.Length >= 11, $"Only {ours.Length} assemblies of ours lie beside the tests.");
        foreach (string file in ours)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            foreach (string reference in References(file))
            {
                Assert.False(
                    fences.TryGetValue(reference, out string? owner) && owner != name,
                    $"{name} uses {reference}, which is fenced to {owner}: see the table in ARCHITECTURE.md."
                );
            }
        }
    }

    private static IEnumerable<string> References(string file)
    {
        using PEReader image = new(File.OpenRead(file));
        MetadataReader metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))];
    }

    private static IEnumerable<(string Include, string? PrivateAssets)> Items(string project, string item) =>
        XDocument
            .Load(Path.Combine(TestPaths.Root, "src", project, project + ".csproj"))
            .Descendants(item)
            .Select(e => ((string)e.Attribute("Include")!, (string?)e.Attribute("PrivateAssets")));

    private static List<ProjectRow> ReadTable()
    {
        string text = File.ReadAllText(Path.Combine(TestPaths.Root, "ARCHITECTURE.md"));
        List<ProjectRow> rows = [];
        foreach (Match match in Row().Matches(text))
        {
            string project = match.Groups[1].Value;
            string import = match.Groups[2].Value.Trim();
            IEnumerable<string> imports = import switch
            {
                "–" => [],
                "all above" => rows.Select(r => r.Project),
                _ => import.Split(',', StringSplitOptions.TrimEntries).Select(i => "Custodiet." + i),
            };
            string packages = match.Groups[3].Value.Trim();
            rows.Add(
                new ProjectRow(
                    project,
                    [.. imports],
                    packages == "–" ? [] : packages.Split(',', StringSplitOptions.TrimEntries)
                )
            );
        }
        return rows;
    }

    [GeneratedRegex(@"^\| `(Custodiet[.A-Za-z]*)` \|[^|]*\|([^|]*)\|([^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^[Cc]ustodiet(\.[A-Za-z]+)?\.dll$")]
    private static partial Regex AssemblyName();

    private sealed record ProjectRow(string Project, IReadOnlyList<string> MayImport, IReadOnlyList<string> Packages);
}
