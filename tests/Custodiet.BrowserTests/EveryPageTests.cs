using Deque.AxeCore.Commons;

namespace Custodiet.BrowserTests;

/// <summary>Every page in both themes: accessible, without a complaint of the browser, and no wider than its window.</summary>
public class EveryPageTests(Stage stage)
{
    // The dark theme differs in colours alone, so that only what depends on them is asked again.
    private const string Check = """
        async colours => (await axe.run(document, {
          resultTypes: ["violations"],
          runOnly: colours ? { type: "rule", values: ["color-contrast", "link-in-text-block"] } : undefined,
        })).violations.map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")}`)
        """;

    private const string Dark = """
        () => { document.documentElement.dataset.bsTheme = "dark"; document.dispatchEvent(new CustomEvent("custodiet:theme")); }
        """;

    private static readonly string axe = new BundledAxeScriptProvider().GetScript();

    [Fact]
    public async Task PagesForEverybodyAreAccessible() =>
        await stage.VisitAsync(
            null,
            async page =>
            {
                List<string> found = [];
                foreach (
                    string path in (string[])
                        ["/sign-in", "/recover", "/sign-in/code", "/sign-in/recovery", "/break-glass"]
                )
                {
                    await page.GotoAsync(path);
                    found.AddRange(await ProblemsAsync(page, path));
                }
                Assert.Empty(found);
            }
        );

    [Fact]
    public async Task PagesBehindTheSignInAreAccessible() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                long number = await page.OpenCaseAsync();
                List<string> found = [];
                foreach (string path in await PathsAsync(page, number))
                {
                    await page.GotoAsync(path);
                    found.AddRange(await ProblemsAsync(page, path));
                }
                Assert.Empty(found);
            },
            expected: "status of 404"
        );

    [Fact]
    public async Task HomeQueueAndCaseFitANarrowWindow() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                long number = await page.OpenCaseAsync();
                foreach (
                    string path in (string[])
                        [
                            "/",
                            "/queue",
                            "/balance",
                            $"/cases/{number}",
                            $"/cases/{number}?question=verdict",
                            "/sign-in",
                            "/break-glass",
                        ]
                )
                {
                    await page.GotoAsync(path);
                    await Pictures.KeepAsync(page, "narrow", path);
                    Assert.Equal("", await TooWideAsync(page));
                }
            },
            width: 390
        );

    private static async Task<string[]> PathsAsync(IPage page, long number)
    {
        async Task<string> FirstAsync(string list, string selector)
        {
            await page.GotoAsync(list);
            return (await page.Locator(selector).First.GetAttributeAsync("href"))!;
        }
        return
        [
            "/",
            "/queue",
            "/queue?view=rules",
            "/queue?state=judged",
            await FirstAsync("/queue", "#rows a"),
            await FirstAsync("/queue", "#rows a") is { } alert ? "/queue?preview=" + alert.Split('/')[^1] : "",
            "/cases",
            $"/cases/{number}",
            $"/cases/{number}?question=matches",
            $"/cases/{number}?question=verdict",
            "/sources",
            await FirstAsync("/sources", "main a[href^='/sources/']"),
            "/analytics",
            "/analytics?show=refused",
            "/analytics?show=content",
            await FirstAsync("/analytics", "main a[href^='/analytics/']"),
            "/data",
            "/data?sql=SELECT%20*%20FROM%20alerts",
            "/data?sql=SELEC",
            "/data?in=events",
            "/data?in=findings&is.severity=high&not.fields.User=nobody",
            "/data?in=events&by=fields.Image",
            "/ledger",
            "/balance",
            "/balance?window=24h",
            "/balance?window=7d",
            "/balance?window=90d",
            "/storage",
            "/ledger/0",
            "/account",
            "/account/authenticator",
            "/people",
            await FirstAsync("/people", "main a[href^='/people/']"),
            "/tokens",
            "/break-glass/uses",
            "/no-such-page",
        ];
    }

    /// <summary>What axe finds on the page as it stands, in both themes.</summary>
    internal static async Task<IReadOnlyList<string>> ViolationsAsync(IPage page)
    {
        await page.EvaluateAsync(axe);
        string[] light = await page.EvaluateAsync<string[]>(Check, false);
        await page.EvaluateAsync(Dark);
        return [.. light, .. await page.EvaluateAsync<string[]>(Check, true)];
    }

    private static async Task<IReadOnlyList<string>> ProblemsAsync(IPage page, string path)
    {
        List<string> found = [];
        await page.EvaluateAsync(axe);
        await Pictures.KeepAsync(page, "light", path);
        found.AddRange((await page.EvaluateAsync<string[]>(Check, false)).Select(p => $"{path} light: {p}"));
        if (await page.Locator("a[href*='&amp;']").CountAsync() > 0)
        {
            found.Add($"{path} has an address that is encoded twice");
        }
        if (await TooWideAsync(page) is { Length: > 0 } wide)
        {
            found.Add($"{path} is wider than its window: {wide}");
        }
        await page.EvaluateAsync(Dark);
        await Pictures.KeepAsync(page, "dark", path);
        found.AddRange((await page.EvaluateAsync<string[]>(Check, true)).Select(p => $"{path} dark: {p}"));
        return found;
    }

    internal static Task<string> TooWideAsync(IPage page) =>
        page.EvaluateAsync<string>(
            """
            () => {
              const width = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= width) return "";
              const out = [...document.querySelectorAll("body *")].find(e => e.getBoundingClientRect().right > width + 1);
              return out ? out.outerHTML.slice(0, 200) : "something";
            }
            """
        );
}
