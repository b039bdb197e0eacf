using System.Text.Json;

namespace Custodiet.BrowserTests;

/// <summary>Password, authenticator and recovery code, as a person meets them.</summary>
public class SignInTests(Stage stage)
{
    // A refused code is answered with 400, which the browser writes to its console.
    private const string Refused = "status of 400";

    [Fact]
    public async Task AnAuthenticatorIsSetUpAndAskedForAndARecoveryCodeReplacesItOnce() =>
        await stage.VisitAsync(
            null,
            async page =>
            {
                await SignIn.WithPasswordAsync(page, Person.Dora);
                await page.WaitForURLAsync("/");
                await page.GotoAsync("/account/authenticator");
                byte[] secret = Authenticator.ReadSecret(await page.Locator("#secret").InnerTextAsync());
                await page.FillAsync("#code", Authenticator.Code(secret));
                await page.FillAsync("#password", Stage.Password);
                await page.GetByRole(AriaRole.Button, new() { Name = "Use this device" }).ClickAsync();
                string[] recovery = (await page.Locator("#one-time").InnerTextAsync()).Split(
                    '\n',
                    StringSplitOptions.TrimEntries
                );
                Assert.True(recovery.Length >= 8);
                await SignOutAsync(page);

                // A code works once, so signing in takes the next one, which clocks that differ may show already.
                await SignIn.WithPasswordAsync(page, Person.Dora, "/sign-in?returnUrl=%2Fcases");
                await page.WaitForURLAsync("**/sign-in/code**");
                await GiveCodeAsync(page, Authenticator.Code(secret, later: 1));
                await page.WaitForURLAsync("/cases");
                await SignOutAsync(page);

                await SignIn.WithPasswordAsync(page, Person.Dora);
                await page.GetByRole(AriaRole.Link, new() { Name = "Use a recovery code" }).ClickAsync();
                await GiveCodeAsync(page, recovery[0]);
                await page.WaitForURLAsync("/account");
                await SignOutAsync(page);

                await SignIn.WithPasswordAsync(page, Person.Dora);
                await page.GetByRole(AriaRole.Link, new() { Name = "Use a recovery code" }).ClickAsync();
                await GiveCodeAsync(page, recovery[0]);
                await Assertions
                    .Expect(page.Locator("main"))
                    .ToContainTextAsync("not one of your unused recovery codes");
            },
            expected: Refused
        );

    [Fact]
    public async Task AWrongPasswordIsRefusedWithoutSayingWhatWasWrong() =>
        await stage.VisitAsync(
            null,
            async page =>
            {
                foreach (string name in (string[])[Person.Cleo, "nobody-of-that-name"])
                {
                    await page.GotoAsync("/sign-in");
                    await page.FillAsync("#name", name);
                    await page.FillAsync("#password", "not the right passphrase");
                    await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
                    await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Name or password is wrong");
                }
            },
            expected: "status of 4"
        );

    [Fact]
    public async Task ACodeOfTheCommandLineMakesANewPasswordAndEndsTheOldAccess() =>
        await stage.VisitAsync(
            null,
            async page =>
            {
                const string gwen = "gwen";
                string code = (await stage.CommandAsync(["user", "add", gwen, "--role", "analyst"])).Trim();
                await page.GotoAsync($"/recover?name={gwen}");
                await RecoverAsync(page, gwen, code, Stage.Password);
                await page.WaitForURLAsync("**/account/authenticator?first=true");
                await page.GetByRole(AriaRole.Link, new() { Name = "Later" }).ClickAsync();
                await page.WaitForURLAsync("/");

                // A lost password: the code ends the session and the password before it is used.
                code = (await stage.CommandAsync(["user", "recover", gwen])).Trim();
                await page.GotoAsync("/queue");
                await page.WaitForURLAsync("**/sign-in?returnUrl=%2Fqueue");
                await SignIn.WithPasswordAsync(page, gwen);
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Name or password is wrong");

                await page.GetByRole(AriaRole.Link, new() { Name = "use the code" }).ClickAsync();
                await RecoverAsync(page, gwen, "AAAAA-AAAAA-AAAAA-AAAAA", "another passphrase");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("do not belong together");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                await RecoverAsync(page, gwen, code, "another passphrase", again: "mistyped");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The two passwords differ");
                // As people copy it from a message: small letters, spaces around.
                await RecoverAsync(page, gwen, $" {code.ToLowerInvariant()} ", "another passphrase");
                await page.WaitForURLAsync("**/account/authenticator?first=true");
                await SignOutAsync(page);

                // It worked once.
                await page.GotoAsync("/recover");
                await RecoverAsync(page, gwen, code, "a third passphrase");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("do not belong together");
                await SignIn.WithPasswordAsync(page, gwen, password: "another passphrase");
                await page.WaitForURLAsync("/");

                // All of it is in the ledger, by pseudonym; failures come folded, a minute later.
                JsonElement accounts = JsonElement.Parse(await stage.CommandAsync(["user", "list", "--json"]));
                string id = accounts
                    .GetProperty("accounts")
                    .EnumerateArray()
                    .Single(a => a.GetProperty("name").GetString() == gwen)
                    .GetProperty("id")
                    .GetString()!;
                JsonElement records = await stage.QueryAsync(
                    $"SELECT type FROM records WHERE stream = 'account/{id}' AND type <> 'sign-in.failed/1' ORDER BY ledger_index"
                );
                Assert.Equal(
                    [
                        "account.added/2",
                        "account.changed/1",
                        "session.began/2",
                        "account.changed/1",
                        "account.changed/1",
                        "session.began/2",
                        "session.ended/2",
                        "session.began/2",
                    ],
                    records.EnumerateArray().Select(r => r.GetProperty("type").GetString())
                );
            },
            expected: Refused
        );

    private static async Task RecoverAsync(IPage page, string name, string code, string password, string? again = null)
    {
        await page.FillAsync("#name", name);
        await page.FillAsync("#code", code);
        await page.FillAsync("#password", password);
        await page.FillAsync("#again", again ?? password);
        await page.KeysAsync("Enter");
    }

    private static async Task GiveCodeAsync(IPage page, string code)
    {
        await page.FillAsync("#code", code);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
    }

    private static async Task SignOutAsync(IPage page)
    {
        await page.Locator("header details.menu summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/sign-in");
    }
}
