using System.Globalization;
using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>What a person at the keyboard does and sees in the queue and in a case.</summary>
internal static partial class Keys
{
    /// <summary>The digits of «False positive, bad logic, high confidence».</summary>
    public static readonly string[] FalsePositive = ["2", "1", "1"];

    public static async Task KeysAsync(this IPage page, params string[] keys)
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

    /// <summary>Opens a case on the first alert that nobody has touched, by key; answers the case's number.</summary>
    public static async Task<long> OpenCaseAsync(this IPage page)
    {
        await page.OpenQueueAsync("?state=new");
        await page.KeysAsync("e");
        await page.WaitForURLAsync(CasePath());
        return long.Parse(new Uri(page.Url).AbsolutePath.Split('/')[2], CultureInfo.InvariantCulture);
    }

    /// <summary>Accepts facts with Enter, and answers those that nobody could read, until a judgement is asked for.</summary>
    public static async Task AcceptFactsAsync(this IPage page)
    {
        ILocator kind = page.Locator("#ask .kind");
        ILocator title = page.Locator("#ask-title");
        for (
            int facts = 0;
            facts < 20 && (await kind.InnerTextAsync()).StartsWith("fact", StringComparison.OrdinalIgnoreCase);
            facts++
        )
        {
            string asked = await title.InnerTextAsync();
            if (await page.Locator("#ask [data-key=Enter]").CountAsync() > 0)
            {
                await page.KeysAsync("Enter");
            }
            else
            {
                await page.FillAsync("#own", "not recorded");
                await page.KeysAsync("Enter");
            }
            await Assertions.Expect(title).Not.ToHaveTextAsync(asked);
        }
    }

    /// <summary>The number of the alert that the keyboard is on.</summary>
    public static async Task<long> HereAsync(this IPage page) =>
        long.Parse(
            (await page.Locator("#rows > tr.here").GetAttributeAsync("data-number"))!,
            CultureInfo.InvariantCulture
        );

    /// <summary>What the tray says it is about.</summary>
    public static ILocator TrayPath(this IPage page) => page.Locator("#tray-path");

    /// <summary>Nothing on the page is chosen before somebody chooses.</summary>
    public static async Task NothingIsPreselectedAsync(this IPage page)
    {
        Assert.Equal(0, await page.Locator("main :checked:not(option)").CountAsync());
        Assert.Equal(
            0,
            await page.Locator(
                    "#tray-options [aria-pressed=true], #tray-options [aria-checked=true], #tray-options [aria-selected=true]"
                )
                .CountAsync()
        );
        foreach (string part in (string[])["verdict", "reason", "impact", "confidence"])
        {
            Assert.Equal("", await page.Locator($"#verdict-form [name={part}]").InputValueAsync());
        }
    }

    [GeneratedRegex(@"/cases/\d+")]
    private static partial Regex CasePath();
}
