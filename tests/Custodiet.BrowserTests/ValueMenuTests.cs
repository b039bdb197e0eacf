using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>The menu of a field's value: on an alert, in a case and in the events that it leads to.</summary>
public partial class ValueMenuTests(Stage stage)
{
    private const string Menu = "#value-menu";

    [Fact]
    public async Task AValueOfAnAlertIsSearchedForByKeyboardStepByStep() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-MENU-1");
                await stage.SendSuspiciousEventAsync("WS-MENU-2");
                await OpenAlertAsync(page, "WS-MENU-1");
                ILocator user = Value(page, "fields.User");
                string name = await user.InnerTextAsync();
                await user.FocusAsync();
                await page.KeysAsync("Enter");
                await Assertions.Expect(page.Locator(Menu)).ToBeVisibleAsync();
                await Assertions.Expect(Item(page, "Include")).ToBeFocusedAsync();
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));

                // Moving, and going back to the value.
                await page.KeysAsync("ArrowDown");
                await Assertions.Expect(Item(page, "Exclude")).ToBeFocusedAsync();
                await page.KeysAsync("End");
                await Assertions.Expect(Item(page, "Copy")).ToBeFocusedAsync();
                await page.KeysAsync("Escape");
                await Assertions.Expect(page.Locator(Menu)).ToBeHiddenAsync();
                await Assertions.Expect(user).ToBeFocusedAsync();

                // Pivot: the events with it, by a query that is shown.
                await page.KeysAsync("Enter", "p");
                await page.WaitForURLAsync("**/data?in=events&is.fields.User=*");
                await Assertions.Expect(page.Locator("#sql")).ToHaveValueAsync(EventQuery());
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(1);
                ILocator rows = page.Locator("table.result tbody");
                await Assertions.Expect(rows.First).ToContainTextAsync(name);

                // In the events themselves: one host left out, then counted by host.
                await rows.Locator("a.value", new() { HasTextString = "WS-MENU-2" }).First.FocusAsync();
                await page.KeysAsync("Enter", "x");
                await page.WaitForURLAsync("**not.*");
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(2);
                await Assertions.Expect(rows.First).ToContainTextAsync("WS-MENU-1");
                await Assertions.Expect(page.Locator("table.result")).Not.ToContainTextAsync("WS-MENU-2");
                await Value(page, "sensor").FocusAsync();
                await page.KeysAsync("Enter", "g");
                await page.WaitForURLAsync("**by=sensor*");
                await Assertions.Expect(page.Locator("table.result th").First).ToHaveTextAsync("sensor");
                await Assertions
                    .Expect(rows.Filter(new() { HasTextString = "WS-MENU-1" }))
                    .ToContainTextAsync("WS-MENU-1");

                // Only this forgets the other conditions; a chip takes its own away.
                await Value(page, "sensor").FocusAsync();
                await page.KeysAsync("Enter", "o");
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(1);
                await page.Locator("#conditions .chip").ClickAsync();
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(0);
            }
        );

    [Fact]
    public async Task OnAnAlertValuesAreComparedWithTheOtherFindingsOfItsRule() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-MENU-3");
                await OpenAlertAsync(page, "WS-MENU-3");
                // The context menu of the mouse is the same one.
                await Value(page, "fields.Image").ClickAsync(new() { Button = MouseButton.Right });
                await Item(page, "Group by the field").ClickAsync();
                await page.WaitForURLAsync("**in=findings*is.rule_id=*by=fields.Image*");
                await Assertions.Expect(page.Locator("table.result th").Nth(1)).ToHaveTextAsync("findings");
                await Assertions.Expect(page.Locator("table.result tbody")).ToContainTextAsync("reg.exe");
            }
        );

    [Fact]
    public async Task InThePreviewTheMenuTakesTheKeysAndCopies() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
                await stage.SendSuspiciousEventAsync("WS-MENU-4");
                await stage.AlertAboutAsync("WS-MENU-4");
                await page.OpenQueueAsync("?entity=WS-MENU-4");
                await page.KeysAsync("Space");
                ILocator value = page.Locator("#preview a.value").First;
                await value.FocusAsync();
                await page.KeysAsync("Enter", "1", "j", "a");
                await Assertions.Expect(page.Locator(Menu)).ToBeVisibleAsync();
                await Assertions.Expect(page.TrayPath()).ToContainTextAsync("What is it?");
                await page.KeysAsync("c");
                await Assertions.Expect(page.Locator(Menu)).ToBeHiddenAsync();
                await Assertions.Expect(page.Locator("#toasts")).ToContainTextAsync("Copied");
                Assert.Equal(
                    await value.TextContentAsync(),
                    await page.EvaluateAsync<string>("() => navigator.clipboard.readText()")
                );
                // Esc belongs to the menu first and to the preview afterwards.
                await page.KeysAsync("Enter", "Escape");
                await Assertions.Expect(page.Locator("#preview")).ToBeVisibleAsync();
                await page.KeysAsync("Escape");
                await Assertions.Expect(page.Locator("#preview")).ToBeHiddenAsync();
            }
        );

    [Fact]
    public async Task ACasesEvidenceHasTheMenuToo() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-MENU-5");
                await stage.AlertAboutAsync("WS-MENU-5");
                await page.OpenQueueAsync("?entity=WS-MENU-5");
                await page.KeysAsync("e");
                await page.WaitForURLAsync(CasePath());
                await page.Locator(".evidence a.value").First.FocusAsync();
                await page.KeysAsync("Enter", "i");
                await page.WaitForURLAsync("**in=findings*is.rule_id=*is.fields.*");
                await Assertions.Expect(page.Locator("#conditions .chip")).ToHaveCountAsync(2);
                await Assertions.Expect(page.Locator("table.result tbody").First).ToContainTextAsync("WS-MENU-5");
            }
        );

    [Fact]
    public async Task WithoutScriptAValueLeadsToItsEvents() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await stage.SendSuspiciousEventAsync("WS-MENU-6");
                await OpenAlertAsync(page, "WS-MENU-6");
                await Value(page, "fields.User").ClickAsync();
                await page.WaitForURLAsync("**/data?in=events&is.fields.User=*");
                await Assertions.Expect(page.Locator("table.result tbody tr").First).ToBeVisibleAsync();
            },
            script: false
        );

    private async Task OpenAlertAsync(IPage page, string host) =>
        await page.GotoAsync($"/alerts/{await stage.AlertAboutAsync(host)}");

    private static ILocator Value(IPage page, string field) => page.Locator($"a.value[data-field='{field}']").First;

    private static ILocator Item(IPage page, string name) =>
        page.Locator(Menu).GetByRole(AriaRole.Menuitem, new() { Name = name });

    [GeneratedRegex(@"^SELECT [^;]*FROM events[^;]*LIMIT 100$", RegexOptions.Singleline)]
    private static partial Regex EventQuery();

    [GeneratedRegex(@"/cases/\d+")]
    private static partial Regex CasePath();
}
