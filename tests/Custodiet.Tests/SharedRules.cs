using System.Formats.Tar;
using System.IO.Compression;

namespace Custodiet.Tests;

/// <summary>The SigmaHQ rules of the shared material, unpacked once per run into a temporary folder.</summary>
internal static class SharedRules
{
    private static readonly Lazy<string> unpacked = new(Unpack);

    /// <summary>The folder; the test is skipped when the material is absent.</summary>
    public static string Folder
    {
        get
        {
            TestPaths.Shared(Archive);
            return unpacked.Value;
        }
    }

    private const string Archive = "data/sigma/rules/sigmahq-rules-8eaafff1.tar.gz";

    private static string Unpack()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-rules-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using FileStream file = File.OpenRead(TestPaths.Shared(Archive));
        using GZipStream archive = new(file, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(archive, folder, overwriteFiles: true);
        return folder;
    }
}
