namespace Custodiet.Tests;

/// <summary>Where tests find what they read. The shared test material stands beside the checkout and may be absent.</summary>
internal static class TestPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The starter content.</summary>
    public static string Content => Path.Combine(Root, "content");

    /// <summary>A file or folder of the shared test material; the test is skipped with a reason when it is absent.</summary>
    public static string Shared(string relative)
    {
        string path = Path.Combine(SharedRoot(), relative);
        Assert.SkipUnless(
            File.Exists(path) || Directory.Exists(path),
            $"shared test material is absent: {relative} (set CUSTODIET_SHARED or put it beside the checkout)"
        );
        return path;
    }

    private static string SharedRoot() =>
        Environment.GetEnvironmentVariable("CUSTODIET_SHARED") ?? Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Custodiet.slnx")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("Custodiet.slnx was not found above the tests.");
    }
}
