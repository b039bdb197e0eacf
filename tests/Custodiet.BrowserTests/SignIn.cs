namespace Custodiet.BrowserTests;

/// <summary>The sign-in page by hand.</summary>
internal static class SignIn
{
    public static async Task WithPasswordAsync(
        IPage page,
        string person,
        string path = "/sign-in",
        string password = Stage.Password
    )
    {
        await page.GotoAsync(path);
        await page.FillAsync("#name", person);
        await page.FillAsync("#password", password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
    }
}
