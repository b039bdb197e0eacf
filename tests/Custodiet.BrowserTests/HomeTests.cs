using System.Globalization;
using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>The start page beside the queue.</summary>
public partial class HomeTests(Stage stage)
{
    [Fact]
    public async Task AVerdictAndItsCorrectionStandOnTheNextLoadOfHome() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await JudgeAsync(page, Keys.FalsePositive);
                (long decisions, long corrected) = await DecisionsAsync(page);
                await JudgeAsync(page, Keys.FalsePositive);
                Assert.Equal((decisions + 1, corrected), await DecisionsAsync(page));

                await page.OpenQueueAsync("?state=judged&order=newest");
                string before = await page.Locator("#rows > tr.here").GetAttributeAsync("data-verdict") ?? "";
                await page.KeysAsync("1", "1", "1");
                await Assertions
                    .Expect(page.Locator("#rows > tr.here"))
                    .Not.ToHaveAttributeAsync("data-verdict", before);
                Assert.Equal((decisions + 2, corrected + 1), await DecisionsAsync(page));
                await Assertions
                    .Expect(page.Locator("section[aria-labelledby=q4]"))
                    .ToContainTextAsync("Most frequent reason in 28 days");
            }
        );

    [Fact]
    public async Task RoutesStandWithTheirBalanceAndOneThatWaitsNeedsAHand() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.GotoAsync("/");
                ILocator rows = page.Locator("#routes tbody tr");
                await Assertions.Expect(rows).ToHaveCountAsync(2);
                await Assertions.Expect(rows.Nth(0)).ToContainTextAsync("waits: Connection refused");
                await Assertions.Expect(rows.Nth(1)).ToContainTextAsync("sends");
                await Assertions
                    .Expect(page.Locator("section[aria-labelledby=needs]"))
                    .ToContainTextAsync("The route away waits for its destination");
                await Assertions.Expect(page.Locator("#routes")).Not.ToContainTextAsync("does not balance");
            }
        );

    [Fact]
    public async Task HomeAndStorageSayTheSameOfTheDisk() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.GotoAsync("/storage");
                string runway = await page.Locator("tr", new() { HasText = "Runway" }).Locator("td").InnerTextAsync();
                await page.GotoAsync("/");
                await Assertions
                    .Expect(page.Locator("section[aria-labelledby=q4]"))
                    .ToContainTextAsync($"Disk: {runway.Split('\n')[^1].Trim()}");
            }
        );

    private static async Task JudgeAsync(IPage page, string[] keys)
    {
        await page.OpenQueueAsync("?state=new&order=oldest");
        await page.KeysAsync(keys);
        await Assertions.Expect(page.Locator("#tray-last")).ToHaveAttributeAsync("data-record", NotEmpty());
    }

    private static async Task<(long Decisions, long Corrected)> DecisionsAsync(IPage page)
    {
        await page.GotoAsync("/");
        string text = await page.Locator("section[aria-labelledby=q1]").InnerTextAsync();
        Match match = Corrected().Match(text);
        Assert.True(match.Success, text);
        long Number(int group) =>
            long.Parse(match.Groups[group].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        return (Number(2), Number(1));
    }

    [GeneratedRegex(@"([\d,]+) of ([\d,]+) decisions? corrected later")]
    private static partial Regex Corrected();

    [GeneratedRegex(".+")]
    private static partial Regex NotEmpty();
}
