namespace Custodiet.BrowserTests;

/// <summary>What a page does not offer is refused to those who ask for it all the same.</summary>
public class RoleTests(Stage stage)
{
    // Posts as a form of the page would, with its antiforgery token.
    private const string PostVerdict = """
        async () => {
          const body = new FormData(document.querySelector("form[action='/sign-out']"));
          for (const [name, value] of [["alert", "1"], ["verdict", "FalsePositive"], ["reason", "bad-logic"], ["confidence", "High"]]) body.set(name, value);
          return (await fetch("/queue/verdict", { method: "POST", body: new URLSearchParams(body), redirect: "manual" })).status;
        }
        """;

    [Fact]
    public async Task AnAuditorReadsAlertsAndIsNeitherOfferedNorGrantedAVerdict() =>
        await stage.VisitAsync(
            Person.Cleo,
            async page =>
            {
                await page.GotoAsync("/queue");
                await Assertions.Expect(page.Locator("#rows > tr").First).ToBeVisibleAsync();
                await Assertions.Expect(page.Locator("#tray")).ToHaveCountAsync(0);
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("needs the role analyst or lead");
                Assert.Equal(403, await page.EvaluateAsync<int>(PostVerdict));
            },
            expected: "status of 403"
        );

    [Fact]
    public async Task AnAnalystDoesNotManagePeople() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                IResponse? answer = await page.GotoAsync("/people");
                Assert.Equal(403, answer!.Status);
                await page.GotoAsync("/");
                Assert.Equal(0, await page.Locator("a[href='/people']").CountAsync());
            },
            expected: "status of 403"
        );

    [Fact]
    public async Task WhenTheSessionHasEndedAKeyLeadsToTheSignInPageAndBack() =>
        await stage.VisitAsync(
            Person.Ben,
            async page =>
            {
                await page.OpenQueueAsync("?state=all");
                await page.Context.ClearCookiesAsync();
                await page.KeysAsync("Space");
                await page.WaitForURLAsync("**/sign-in?returnUrl=*");
                Assert.Contains("%2Fqueue", page.Url, StringComparison.OrdinalIgnoreCase);
            },
            expected: "status of 401"
        );
}
