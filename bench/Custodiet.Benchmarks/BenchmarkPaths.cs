namespace Custodiet.Benchmarks;

/// <summary>Where benchmarks find the product.</summary>
internal static class BenchmarkPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Custodiet.slnx")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName
            ?? throw new InvalidOperationException("Custodiet.slnx was not found above the benchmarks.");
    }
}
