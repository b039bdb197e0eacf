using System.Globalization;

namespace Custodiet.BrowserTests;

/// <summary>A case that is restricted to others does not exist for anybody else.</summary>
public class RestrictionTests(Stage stage)
{
    [Fact]
    public async Task ARestrictedCaseIsNowhereForOthers()
    {
        long number = 0;
        long alert = 0;
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                number = await page.OpenCaseAsync();
                alert = long.Parse(
                    await page.Locator(".evidence article header a").First.InnerTextAsync(),
                    CultureInfo.InvariantCulture
                );
                await page.Locator("summary", new() { HasText = "Restrict" }).ClickAsync();
                await page.GetByLabel(Person.Ada, new() { Exact = true }).CheckAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
                await Assertions.Expect(page.Locator(".page-head")).ToContainTextAsync("restricted to 1 person");
                Assert.Equal((1, 1), await InDatasetsAsync(page, number, alert));
            }
        );
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.GotoAsync("/cases?state=all");
                Assert.Equal(0, await page.Locator($"main a[href='/cases/{number}']").CountAsync());
                IResponse? answer = await page.GotoAsync($"/cases/{number}");
                Assert.Equal(404, answer!.Status);
                answer = await page.GotoAsync($"/alerts/{alert}");
                Assert.Equal(404, answer!.Status);
                await page.OpenQueueAsync("?state=all");
                Assert.Equal(0, await page.Locator($"#a-{alert}").CountAsync());
                Assert.Equal((0, 0), await InDatasetsAsync(page, number, alert));
            },
            expected: "status of 404"
        );
    }

    private static async Task<(int Cases, int Alerts)> InDatasetsAsync(IPage page, long number, long alert)
    {
        string sql =
            $"SELECT (SELECT count(*) FROM cases WHERE number = {number}), (SELECT count(*) FROM alerts WHERE number = {alert})";
        await page.GotoAsync($"/data?sql={Uri.EscapeDataString(sql)}");
        IReadOnlyList<string> cells = await page.Locator("#result td").AllInnerTextsAsync();
        return (int.Parse(cells[0], CultureInfo.InvariantCulture), int.Parse(cells[1], CultureInfo.InvariantCulture));
    }
}
