namespace Custodiet.BrowserTests;

/// <summary>Pages are rendered by the server: without JavaScript they still say what they have to say.</summary>
public class WithoutScriptTests(Stage stage)
{
    [Fact]
    public async Task SignInQueueAndCaseWorkWithoutScript()
    {
        long number = 0;
        await stage.VisitAsync(Person.Ada, async page => number = await page.OpenCaseAsync());
        await stage.VisitAsync(
            null,
            async page =>
            {
                await SignIn.WithPasswordAsync(page, Person.Ben, "/sign-in?returnUrl=%2Fqueue");
                await page.WaitForURLAsync("/queue");
                await Assertions.Expect(page.Locator("#rows > tr").First).ToBeVisibleAsync();
                await page.GotoAsync($"/cases/{number}");
                string asked = await page.Locator("#ask-title").InnerTextAsync();
                await page.Locator("#ask [data-key=Enter]").ClickAsync();
                await Assertions.Expect(page.Locator("#ask-title")).Not.ToHaveTextAsync(asked);
                await Assertions.Expect(page.Locator(".narrative")).ToContainTextAsync("fired");
            },
            script: false
        );
    }
}
