using System.Globalization;
using System.Text.Json;

namespace Custodiet.BrowserTests;

/// <summary>From the printed address to a judgement that is found in a dataset and proven in the ledger.</summary>
public class OutcomeJourneyTests(Stage stage)
{
    [Fact]
    public void TheFirstAccountIsMadeWithTheOneTimeCodeAndTheAuthenticatorMayWait()
    {
        _ = stage.Product;
        Assert.Contains("/setup", stage.SetupTrail);
        Assert.Contains("/account/authenticator?first=true", stage.SetupTrail);
        Assert.Equal("/", stage.SetupTrail[^1]);
    }

    [Fact]
    public async Task AnAlertIsJudgedByKeyboardFoundInTheDatasetAndProvenInTheLedger() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.OpenQueueAsync("?state=new");
                long number = await page.HereAsync();
                await page.NothingIsPreselectedAsync();

                // One step back leaves the verdict open and nothing chosen.
                await page.KeysAsync("2");
                await Assertions.Expect(page.TrayPath()).ToContainTextAsync("False positive");
                await page.KeysAsync("Escape");
                await Assertions.Expect(page.TrayPath()).Not.ToContainTextAsync("False positive");
                await page.NothingIsPreselectedAsync();

                string open = await page.Locator("#answer").InnerTextAsync();
                await page.KeysAsync(Keys.FalsePositive);
                await Assertions.Expect(page.Locator($"#a-{number}")).ToHaveCountAsync(0);
                long next = await page.HereAsync();
                Assert.NotEqual(number, next);
                Assert.Equal($"a-{next}", await page.EvaluateAsync<string>("document.activeElement.id"));
                await Assertions.Expect(page.Locator("#answer")).Not.ToHaveTextAsync(open);

                string sql =
                    $"SELECT verdict, reason, confidence, ledger_index FROM verdicts WHERE alert_number = {number}";
                await page.GotoAsync("/data");
                await page.FillAsync("#sql", sql);
                await page.KeysAsync("Control+Enter");
                await Assertions.Expect(page.Locator("#result table")).ToContainTextAsync("bad-logic");
                JsonElement verdict = (await stage.QueryAsync(sql))[0];
                Assert.Equal("bad-logic", verdict.GetProperty("reason").GetString());
                await ProveAsync(page, verdict.GetProperty("ledger_index").GetInt64());
            }
        );

    private async Task ProveAsync(IPage page, long index)
    {
        await page.GotoAsync(string.Create(CultureInfo.InvariantCulture, $"/ledger/{index}"));
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Record");
        ILocator link = page.GetByRole(AriaRole.Link, new() { Name = "Inclusion proof" });
        IDownload download = await page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        string proof = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        Assert.StartsWith("c2sp.org/tlog-proof@v1", proof, StringComparison.Ordinal);

        (int code, string output, string error) = await ProductProcess.RunAsync(
            Stage.Root,
            ["ledger", "verify", stage.Address.ToString()],
            TestContext.Current.CancellationToken
        );
        Assert.True(code == 0, output + error);
    }
}
