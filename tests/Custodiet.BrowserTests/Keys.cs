using System.Globalization;

namespace Custodiet.BrowserTests;

/// <summary>What a person at the keyboard does and sees in the queue and in a case.</summary>
internal static class Keys
{
    /// <summary>The digits of «False positive, bad logic, high confidence».</summary>
    public static readonly string[] FalsePositive = ["2", "1", "1"];

    public static async Task PressAsync(this IPage page, params string[] keys)
    {
        foreach (string key in keys)
        {
            await page.Keyboard.PressAsync(key);
        }
    }

    /// <summary>Opens the queue and waits until its keys work.</summary>
    public static async Task OpenQueueAsync(this IPage page, string query = "")
    {
        await page.GotoAsync("/queue" + query);
        await Assertions.Expect(page.Locator("#tray-options button").First).ToBeVisibleAsync();
    }

    /// <summary>The number of the alert that the keyboard is on.</summary>
    public static async Task<long> HereAsync(this IPage page) =>
        long.Parse((await page.Locator("#rows > tr.here").GetAttributeAsync("data-number"))!, CultureInfo.InvariantCulture);

    /// <summary>What the tray says it is about.</summary>
    public static ILocator TrayPath(this IPage page) => page.Locator("#tray-path");

    /// <summary>Nothing on the page is chosen before somebody chooses.</summary>
    public static async Task NothingIsPreselectedAsync(this IPage page)
    {
        Assert.Equal(0, await page.Locator("main :checked:not(option)").CountAsync());
        Assert.Equal(
            0,
            await page.Locator("#tray-options [aria-pressed=true], #tray-options [aria-checked=true], #tray-options [aria-selected=true]").CountAsync()
        );
        foreach (string part in (string[])["verdict", "reason", "impact", "confidence"])
        {
            Assert.Equal("", await page.Locator($"#verdict-form [name={part}]").InputValueAsync());
        }
    }
}
