using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>A case from the queue to its end, by keyboard.</summary>
public partial class CaseJourneyTests(Stage stage)
{
    // Closing too early is answered with 422, which the browser writes to its console.
    private const string Refused = "status of 422";

    [Fact]
    public async Task ACaseIsAnsweredJudgedCorrectedAndClosedByKeyboard() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.OpenCaseAsync();
                ILocator origin = page.Locator("#ask .chip.origin").First;
                await Assertions.Expect(origin).ToContainTextAsync("read");
                await Assertions.Expect(origin).ToContainTextAsync("ago");
                await page.AcceptFactsAsync();
                await Assertions.Expect(page.Locator("#ask .kind")).ToContainTextAsync("judgement");
                Assert.Equal(0, await page.Locator("#ask :checked").CountAsync());

                await JudgeTooEarlyAsync(page);
                await AnswerAsync(page);
                await CorrectAsync(page);
                await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
                await Assertions.Expect(page.Locator(".page-head")).ToContainTextAsync("closed");
                await OldVerdictIsListedAsync(page);
            },
            expected: Refused
        );

    [Fact]
    public async Task ACaseChangesHandsRestsAndTakesAnotherAlert() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-ACTS-1");
                await stage.SendSuspiciousEventAsync("WS-ACTS-2");
                long first = await stage.AlertAboutAsync("WS-ACTS-1");
                long second = await stage.AlertAboutAsync("WS-ACTS-2");
                await page.OpenQueueAsync("?entity=WS-ACTS-1");
                await page.KeysAsync("e");
                await page.WaitForURLAsync(CasePath());

                await page.SelectOptionAsync("#owner", new SelectOptionValue { Label = Person.Dora });
                ILocator take = page.Locator("button[data-key=a]");
                await Assertions.Expect(take).ToBeVisibleAsync();
                await page.KeysAsync("a");
                await Assertions.Expect(take).ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("#owner option:checked")).ToHaveTextAsync(Person.Ben);

                await page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
                await Assertions.Expect(page.Locator(".page-head")).ToContainTextAsync("on hold");
                await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
                await Assertions.Expect(page.Locator(".page-head")).ToContainTextAsync("in progress");

                ILocator number = page.Locator("#add-alert");
                await number.FillAsync("99999999");
                await number.PressAsync("Enter");
                await Assertions.Expect(page.Locator("#toasts")).ToContainTextAsync("There is no alert of that number");
                await number.FillAsync($"{second}");
                await number.PressAsync("Enter");
                await Assertions.Expect(page.Locator("#alerts")).ToHaveTextAsync("2 alerts");
                await Assertions
                    .Expect(page.Locator("section[aria-labelledby=alerts] a"))
                    .ToHaveTextAsync([$"{first}", $"{second}"]);
            },
            expected: "status of 404"
        );

    private static async Task JudgeTooEarlyAsync(IPage page)
    {
        await page.KeysAsync("v");
        await Assertions.Expect(page.Locator("#tray-options button").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#case")).ToContainTextAsync("still needed");
        await page.NothingIsPreselectedAsync();
        // True positive, malware, medium impact, high confidence.
        await page.KeysAsync("3", "1", "2", "1");
        await Assertions.Expect(page.Locator("#verdict-title")).ToHaveTextAsync("Decided");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Assertions
            .Expect(page.Locator("#toasts"))
            .ToContainTextAsync("Did what the rule describes really happen?");
    }

    private static async Task AnswerAsync(IPage page)
    {
        int told = (await page.Locator(".narrative").InnerTextAsync()).Length;
        int happened = await page.Locator("#case .timeline li").CountAsync();
        await page.GotoAsync(new Uri(page.Url).AbsolutePath + "?question=matches");
        foreach (
            (string question, string[] keys) in ((string, string[])[])
                [
                    ("Did what the rule describes really happen?", ["1"]),
                    ("Is it expected on this entity, by this account?", ["3"]),
                    ("Which signs of an attack do you see?", ["2", "Enter"]),
                    ("Did it succeed?", ["1"]),
                    ("How far does it reach?", ["1"]),
                    ("Is it contained?", ["1"]),
                ]
        )
        {
            await Assertions.Expect(page.Locator("#ask-title")).ToHaveTextAsync(question);
            Assert.Equal(0, await page.Locator("#ask :checked").CountAsync());
            await page.KeysAsync(keys);
            await Assertions
                .Expect(page.GetByText(question, new() { Exact = true }).And(page.Locator("#ask-title")))
                .ToHaveCountAsync(0);
        }
        Assert.True((await page.Locator(".narrative").InnerTextAsync()).Length > told);
        Assert.True(await page.Locator("#case .timeline li").CountAsync() > happened);
    }

    private static async Task CorrectAsync(IPage page)
    {
        // After the last answer the verdict is in the centre.
        await Assertions.Expect(page.TrayPath()).ToContainTextAsync("Correcting the verdict on the case");
        // Suspicious, unusual for this entity, low impact, medium confidence.
        await page.KeysAsync("4", "1", "1", "2");
        await Assertions.Expect(page.Locator("#verdict-title + .value")).ToContainTextAsync("Suspicious");
        await Assertions
            .Expect(page.Locator("section[aria-labelledby=timeline]"))
            .ToContainTextAsync("corrects an earlier record");
        // The narrative says both, with who and when; the page lists what was superseded.
        ILocator story = page.Locator(".narrative");
        await Assertions.Expect(story).ToContainTextAsync(Judged());
        await Assertions.Expect(story).ToContainTextAsync(Corrected());
        ILocator superseded = page.GetByText("1 superseded verdict");
        await superseded.FocusAsync();
        await page.KeysAsync("Enter");
        await Assertions.Expect(page.Locator("#case details .timeline li")).ToContainTextAsync("True positive");
    }

    private static async Task OldVerdictIsListedAsync(IPage page)
    {
        await page.Locator(".evidence article header a").First.ClickAsync();
        ILocator verdicts = page.Locator("section[aria-labelledby=verdicts-title] li");
        await Assertions.Expect(verdicts.Filter(new() { HasText = "in force" })).ToContainTextAsync("Suspicious");
        await Assertions.Expect(verdicts.Filter(new() { HasText = "superseded" })).ToContainTextAsync("True positive");
    }

    [GeneratedRegex(
        @"ada judged true positive \(malware\), impact medium, confidence high at 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. This was corrected later\."
    )]
    private static partial Regex Judged();

    [GeneratedRegex(
        @"ada corrected the verdict to suspicious .*, impact low, confidence medium at 20\d\d-\d\d-\d\d \d\d:\d\d UTC\."
    )]
    private static partial Regex Corrected();

    [GeneratedRegex(@"/cases/\d+")]
    private static partial Regex CasePath();
}
