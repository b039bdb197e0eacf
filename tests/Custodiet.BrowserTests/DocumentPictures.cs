namespace Custodiet.BrowserTests;

/// <summary>The pictures of README and docs, taken from the product; see <see cref="Pictures"/> for the command.</summary>
public class DocumentPictures(Stage stage)
{
    [Fact]
    public async Task QueueCaseAndHomeAreTakenFromTheProduct()
    {
        Assert.SkipWhen(Pictures.Folder is null, "CUSTODIET_PICTURES names no folder");
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.OpenQueueAsync("?state=new&order=oldest");
                foreach (
                    string[] keys in (string[][])
                        [
                            ["1", "1", "1"],
                            ["2", "1", "1"],
                            ["1", "4", "2"],
                            ["2", "2", "2"],
                            ["1", "1", "1"],
                        ]
                )
                {
                    long number = await page.HereAsync();
                    await page.KeysAsync(keys);
                    await Assertions.Expect(page.Locator($"#a-{number}")).ToHaveCountAsync(0);
                }
                await page.OpenQueueAsync();
                await page.KeysAsync("j", "Space");
                await Assertions.Expect(page.Locator("#preview article")).ToBeVisibleAsync();
                await page.KeysAsync("3");
                await TakeAsync(page, "queue");
                await page.OpenCaseAsync();
                await page.AcceptFactsAsync();
                await page.KeysAsync("1");
                await Assertions.Expect(page.Locator("#ask-title")).ToContainTextAsync("expected");
                await TakeAsync(page, "case");
                // Home reads the datasets anew only now and then.
                await Stage.EventuallyAsync(
                    async () =>
                    {
                        await page.GotoAsync("/");
                        return !(await page.Locator("main").InnerTextAsync()).Contains(
                            "No decision yet",
                            StringComparison.Ordinal
                        );
                    },
                    "home counts the decisions"
                );
                await TakeAsync(page, "home");
            }
        );
    }

    private static async Task TakeAsync(IPage page, string name)
    {
        byte[] picture = await page.ScreenshotAsync(
            new() { Path = Path.Combine(Pictures.Folder!, name + ".png"), Animations = ScreenshotAnimations.Disabled }
        );
        Assert.InRange(picture.Length, 1, 200_000);
    }
}
