namespace Custodiet.BrowserTests;

/// <summary>What a source's page leads to.</summary>
public class SourceTests(Stage stage)
{
    [Fact]
    public async Task AllAlertsOfASourceAreItsOwnAndSoAreItsEvents() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-SOURCE-1");
                await stage.SendSuspiciousEventAsync("WS-SOURCE-2");
                await stage.AlertAboutAsync("WS-SOURCE-1");
                await stage.AlertAboutAsync("WS-SOURCE-2");
                await page.GotoAsync("/sources/windows/WS-SOURCE-1");
                await page.GetByRole(AriaRole.Link, new() { Name = "all", Exact = true }).ClickAsync();
                await page.WaitForURLAsync("**/queue?*sensor=WS-SOURCE-1*");
                await Assertions.Expect(page.Locator("#rows > tr")).ToHaveCountAsync(1);
                await Assertions.Expect(page.Locator("#rows")).ToContainTextAsync("WS-SOURCE-1");

                // The filter is kept when another is changed.
                await Assertions.Expect(page.Locator("#f-sensor")).ToHaveValueAsync("WS-SOURCE-1");
                await page.SelectOptionAsync("#f-state", "open");
                await page.WaitForURLAsync("**/queue?*state=open*sensor=WS-SOURCE-1*");
                await Assertions.Expect(page.Locator("#rows > tr")).ToHaveCountAsync(1);

                await page.GotoAsync("/sources/windows/WS-SOURCE-1");
                await page.GetByRole(AriaRole.Link, new() { Name = "Newest events of this source" }).ClickAsync();
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(2);
                await Assertions.Expect(page.Locator("table.result tbody")).ToHaveCountAsync(1);
                await Assertions.Expect(page.Locator("table.result tbody")).ToContainTextAsync("WS-SOURCE-1");
            }
        );
}
