using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Custodiet.BrowserTests;

/// <summary>The queue's keys, filters and live count.</summary>
public partial class QueueTests(Stage stage)
{
    [Fact]
    public async Task SelectedAlertsGetOneDecisionAndItIsCorrectedTogether() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.OpenQueueAsync("?state=new&order=oldest");
                long first = await page.HereAsync();
                await page.KeysAsync("x", "j", "x");
                long second = await page.HereAsync();
                await page.KeysAsync("b");
                await Assertions.Expect(page.TrayPath()).ToContainTextAsync("2 selected alerts");
                await page.KeysAsync(Keys.FalsePositive);
                await Assertions.Expect(page.Locator($"#a-{first}, #a-{second}")).ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("#tray-last")).ToHaveAttributeAsync("data-record", NotEmpty());

                await page.KeysAsync("u");
                await Assertions.Expect(page.TrayPath()).ToContainTextAsync("Correcting the verdict on 2 alerts");
                string before = (await page.Locator("#tray-last").GetAttributeAsync("data-record"))!;
                await page.KeysAsync("1", "1", "1");
                await Assertions.Expect(page.Locator("#tray-last")).Not.ToHaveAttributeAsync("data-record", before);
                JsonElement verdicts = await stage.QueryAsync(
                    $"SELECT alert_number, reason, superseded_by IS NOT NULL AS old, ledger_index FROM verdicts WHERE alert_number IN ({first}, {second}) ORDER BY ledger_index, alert_number"
                );
                Assert.Equal(4, verdicts.GetArrayLength());
                Assert.Equal(Index(verdicts[0]), Index(verdicts[1]));
                Assert.All(verdicts.EnumerateArray().Take(2), v => Assert.True(v.GetProperty("old").GetBoolean()));
                Assert.All(
                    verdicts.EnumerateArray().Skip(2),
                    v => Assert.Equal("expected", v.GetProperty("reason").GetString())
                );
            }
        );

    [Fact]
    public async Task AnAlertIsTakenAndPutBackWithOneKey() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.OpenQueueAsync("?state=open&assignee=none&order=newest");
                long number = await page.HereAsync();
                ILocator row = page.Locator($"#a-{number}");
                await page.KeysAsync("a");
                await Assertions.Expect(row).ToContainTextAsync("me");
                await page.KeysAsync("a");
                await Assertions.Expect(row).ToContainTextAsync("new");
            }
        );

    [Fact]
    public async Task FiltersLiveInTheAddressAndBackWorks() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.OpenQueueAsync();
                string all = await page.Locator("#answer").InnerTextAsync();
                await page.KeysAsync("/");
                await page.Keyboard.TypeAsync("no such words");
                await page.KeysAsync("Enter");
                await page.WaitForURLAsync("**/queue?*title=no+such+words*");
                await Assertions.Expect(page.Locator("#queue-empty")).ToBeVisibleAsync();
                await page.GoBackAsync();
                await Assertions.Expect(page.Locator("#answer")).ToHaveTextAsync(all);
                await Assertions.Expect(page.Locator("#rows > tr").First).ToBeVisibleAsync();

                await page.Locator("#f-severity").SelectOptionAsync("high");
                await page.WaitForURLAsync("**/queue?*severity=high*");
                string address = page.Url;
                string filtered = await page.Locator("#answer").InnerTextAsync();
                await page.GotoAsync("/cases");
                await page.GotoAsync(address);
                await Assertions.Expect(page.Locator("#answer")).ToHaveTextAsync(filtered);
                Assert.Equal("high", await page.Locator("#f-severity").InputValueAsync());
            }
        );

    [Fact]
    public async Task ThePreviewShowsTheEventAndItsAddressKeepsIt() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.OpenQueueAsync();
                long number = await page.HereAsync();
                await page.KeysAsync("Space");
                await Assertions.Expect(page.Locator("#preview")).ToContainTextAsync("as the rule saw it");
                Assert.Contains($"preview={number}", page.Url, StringComparison.Ordinal);
                await page.ReloadAsync();
                await Assertions
                    .Expect(page.Locator("#preview article"))
                    .ToHaveAttributeAsync("data-number", number.ToString(CultureInfo.InvariantCulture));
                await page.KeysAsync("Escape");
                await Assertions.Expect(page.Locator("#preview")).ToBeHiddenAsync();
            }
        );

    [Fact]
    public async Task HelpAndPaletteOpenByKeyAndTheThemeIsRemembered() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.OpenQueueAsync();
                await page.KeysAsync("?");
                await Assertions.Expect(page.Locator("#help")).ToContainTextAsync("Correct the last verdict");
                await page.KeysAsync("Escape");
                await Assertions.Expect(page.Locator("#help")).ToBeHiddenAsync();

                await page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
                await page.KeysAsync("Control+k");
                await page.Keyboard.TypeAsync("ledger");
                await page.KeysAsync("Enter");
                await page.WaitForURLAsync("/ledger");
                await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-bs-theme", "dark");
                await page.KeysAsync("g", "c");
                await page.WaitForURLAsync("/cases");
            }
        );

    [Fact]
    public async Task WhatArrivesIsAnnouncedAndNothingMovesUntilItIsAskedFor() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.RunAndWaitForResponseAsync(
                    () => page.OpenQueueAsync("?entity=WS-LIVE*"),
                    response => response.Url.Contains("/queue/live", StringComparison.Ordinal)
                );
                await Assertions.Expect(page.Locator("#queue-empty")).ToBeVisibleAsync();
                await stage.SendSuspiciousEventAsync("WS-LIVE-1");
                await Assertions.Expect(page.Locator("#arrived")).ToContainTextAsync("1 new");
                Assert.Equal(0, await page.Locator("#rows > tr").CountAsync());
                await page.KeysAsync("r");
                await Assertions.Expect(page.Locator("#rows > tr")).ToContainTextAsync("WS-LIVE-1");
            }
        );

    [Fact]
    public async Task ATabInTheBackgroundIsToldWhatItMissedOnce() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.RunAndWaitForResponseAsync(
                    () => page.OpenQueueAsync("?entity=WS-AWAY*"),
                    response => response.Url.Contains("/queue/live", StringComparison.Ordinal)
                );
                await stage.SendSuspiciousEventAsync("WS-AWAY-1");
                await Assertions.Expect(page.Locator("#arrived")).ToContainTextAsync("1 new");
                await ShowAsync(page, hidden: true);
                await stage.SendSuspiciousEventAsync("WS-AWAY-2");
                await Stage.EventuallyAsync(
                    async () =>
                        (
                            await stage.QueryAsync("SELECT number FROM alerts WHERE entity_name LIKE 'WS-AWAY%'")
                        ).GetArrayLength() == 2,
                    "both alerts are raised"
                );
                IRequest again = await page.RunAndWaitForRequestAsync(
                    () => ShowAsync(page, hidden: false),
                    request => request.Url.Contains("/queue/live", StringComparison.Ordinal)
                );
                Assert.NotNull(await again.HeaderValueAsync("last-event-id"));
                await Assertions.Expect(page.Locator("#arrived")).ToContainTextAsync("2 new");
                await page.KeysAsync("r");
                await Assertions.Expect(page.Locator("#rows > tr")).ToHaveCountAsync(2);
                await Assertions.Expect(page.Locator("#arrived")).ToBeEmptyAsync();
            }
        );

    // Chromium without a window never hides a page by itself.
    private static async Task ShowAsync(IPage page, bool hidden) =>
        await page.EvaluateAsync(
            """
            hidden => {
              Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
              document.dispatchEvent(new Event("visibilitychange"));
            }
            """,
            hidden
        );

    private static long Index(JsonElement verdict) => verdict.GetProperty("ledger_index").GetInt64();

    [GeneratedRegex(".+")]
    private static partial Regex NotEmpty();
}
