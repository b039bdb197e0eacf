namespace Custodiet.BrowserTests;

/// <summary>Holds and erasures on the Storage page, by keyboard.</summary>
public class StorageTests(Stage stage)
{
    [Fact]
    public async Task AHoldIsPlacedAndLifted() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.GotoAsync("/storage");
                await page.GetByLabel("Name of the hold").FillAsync("matter 12");
                await page.Keyboard.PressAsync("Enter");
                // The reason is a judgement: nothing is preselected, and the browser asks for it.
                await Assertions.Expect(page.Locator("#h-reason")).ToHaveValueAsync("");
                await page.SelectOptionAsync("#h-reason", "incident");
                await page.GetByLabel("Sensor (* all)").FillAsync("ws-*");
                await page.GetByLabel("From (empty: beginning)").FillAsync("2026-03-01T08:00");
                await page.GetByRole(AriaRole.Button, new() { Name = "Place" }).PressAsync("Enter");
                await Assertions
                    .Expect(page.GetByRole(AriaRole.Status).First)
                    .ToContainTextAsync("in force and recorded");
                ILocator row = page.Locator("tr", new() { HasText = "matter 12" });
                await Assertions.Expect(row).ToContainTextAsync("incident");
                await Assertions.Expect(row).ToContainTextAsync("ws-*");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                await row.GetByRole(AriaRole.Button, new() { Name = "Lift matter 12" }).PressAsync("Enter");
                await Assertions
                    .Expect(page.Locator("tr", new() { HasText = "matter 12" }))
                    .ToContainTextAsync("lifted");
            }
        );

    [Fact]
    public async Task AnErasureIsCountedBeforeItIsDone() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-ERASED-7");
                await stage.AlertAboutAsync("WS-ERASED-7");
                await page.GotoAsync("/storage");
                await page.Locator("#e-ids").FillAsync("ws-erased-7");
                await page.SelectOptionAsync("#e-reason", "request");
                await page.GetByRole(AriaRole.Button, new() { Name = "Count what would go" }).PressAsync("Enter");
                await Assertions.Expect(page.Locator("#found")).ToContainTextAsync("1 event");
                await Assertions.Expect(page.Locator("#found")).ToContainTextAsync("cannot be undone");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                await page.GetByRole(AriaRole.Button, new() { Name = "Erase for good" }).PressAsync("Enter");
                await Assertions
                    .Expect(page.GetByRole(AriaRole.Status).First)
                    .ToContainTextAsync("Erased and recorded: 1 event");
                await page.Locator("#e-ids").FillAsync("ab");
                await page.SelectOptionAsync("#e-reason", "request");
                await page.GetByRole(AriaRole.Button, new() { Name = "Count what would go" }).PressAsync("Enter");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("3 to 200 are possible");
            },
            expected: "422"
        );

    [Fact]
    public async Task WhoMayNeitherHoldNorEraseSeesThePolicyAndNoForm() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.GotoAsync("/storage");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("archive.keep_days");
                await Assertions.Expect(page.Locator("#e-ids")).ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("#h-name")).ToHaveCountAsync(0);
            }
        );
}
