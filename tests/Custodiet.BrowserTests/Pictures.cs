using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>
/// Pictures of pages, kept when CUSTODIET_PICTURES names a folder: every page in both themes under <c>pages/</c>, and the pictures of the
/// documents, which are made by
/// <c>CUSTODIET_PICTURES=docs/images tests/Custodiet.BrowserTests/bin/Debug/net10.0/linux-x64/Custodiet.BrowserTests -class "Custodiet.BrowserTests.DocumentPictures"</c>.
/// </summary>
internal static partial class Pictures
{
    /// <summary>Where pictures go, or null.</summary>
    public static string? Folder { get; } =
        Environment.GetEnvironmentVariable("CUSTODIET_PICTURES") is { Length: > 0 } folder
            ? Path.GetFullPath(folder, Stage.Root)
            : null;

    /// <summary>Keeps the whole page for somebody to look at.</summary>
    public static async Task KeepAsync(IPage page, string theme, string path)
    {
        if (Folder is not null)
        {
            string name = NotInNames().Replace(path, "_");
            string file = Path.Combine(Folder, "pages", $"{name[..Math.Min(60, name.Length)]}.{theme}.png");
            await page.ScreenshotAsync(new() { Path = file, FullPage = true });
        }
    }

    [GeneratedRegex("[^a-zA-Z0-9-]+")]
    private static partial Regex NotInNames();
}
