namespace Custodiet.BrowserTests;

/// <summary>The stages' balance over time.</summary>
public class BalanceTests(Stage stage)
{
    [Fact]
    public async Task AfterAMinuteItSaysWhatCameInWhetherTheSumsHoldAndWhereNothingIsKnown() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.GotoAsync("/balance?window=24h");
                ILocator summary = page.Locator(".page-head .answer");
                // The first figures are written at the first full minute after the start.
                for (
                    int attempt = 0;
                    (await summary.InnerTextAsync()).Contains("nothing is known", StringComparison.Ordinal);
                    attempt++
                )
                {
                    Assert.True(attempt < 90, "No figures after 90 seconds.");
                    await page.WaitForTimeoutAsync(1_000);
                    await page.GotoAsync("/balance?window=24h");
                }
                await Assertions.Expect(summary).ToContainTextAsync("every sum holds");
                await Assertions.Expect(page.Locator("svg.balance-chart rect.queued")).Not.ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("svg.balance-chart rect.gap")).Not.ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("main tbody").Last).ToContainTextAsync("nothing is known");
                await Assertions
                    .Expect(page.GetByRole(AriaRole.Row, new() { Name = "Inputs" }))
                    .ToContainTextAsync("holds");
                await Pictures.KeepAsync(page, "light", "/balance-with-figures");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                Assert.Equal("", await EveryPageTests.TooWideAsync(page));
                await page.GetByRole(AriaRole.Link, new() { Name = "unparsed" }).PressAsync("Enter");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("reason");
            }
        );

    [Fact]
    public async Task ItIsReachedByKeyboard() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.GotoAsync("/");
                await page.KeysAsync("g", "b");
                await page.WaitForURLAsync("**/balance");
                await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Balance");
                await Assertions
                    .Expect(page.GetByRole(AriaRole.Link, new() { Name = "1 hour" }))
                    .ToHaveAttributeAsync("aria-current", "page");
            }
        );
}
