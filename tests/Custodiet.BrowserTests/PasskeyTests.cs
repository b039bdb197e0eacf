using System.Text.Json;

namespace Custodiet.BrowserTests;

/// <summary>Passkeys as a person meets them, in Chromium with an authenticator that exists in its memory alone.</summary>
public class PasskeyTests(Stage stage)
{
    // A refused answer is a 400, which the browser writes to its console.
    private const string Refused = "status of 400";

    // Passkeys are bound to a name, and an address is none.
    private string Here => $"http://localhost:{stage.Address.Port}";

    [Fact]
    public async Task APasskeyIsAddedSignsInWithoutANameAndIsRemoved()
    {
        await AddAsync("erin", "analyst");
        await stage.VisitAsync(
            null,
            async page =>
            {
                (ICDPSession devtools, string authenticator) = await AuthenticatorAsync(page);
                await SignInHereAsync(page, "erin");
                await AddPasskeyAsync(page, "laptop");
                ILocator table = page.Locator("#passkeys tbody");
                await Assertions.Expect(table).ToContainTextAsync("laptop");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                await Pictures.KeepAsync(page, "light", "account-passkey");

                // The same device again: the browser knows it, and says so.
                await page.ReloadAsync();
                await page.FillAsync("#passkey-name", "again");
                await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
                await Assertions
                    .Expect(page.Locator("#passkeys [data-passkey-says]"))
                    .ToContainTextAsync("has a passkey of this account already");

                await SignOutAsync(page);
                await page.GotoAsync($"{Here}/sign-in?returnUrl=%2Faccount");
                await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
                await page.WaitForURLAsync("**/account");
                await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("erin");
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("passkey");

                // Somebody who found this session later would need the password to add another.
                await page.GetByRole(AriaRole.Button, new() { Name = "Remove the passkey laptop" }).ClickAsync();
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The passkey is removed");
                await SignOutAsync(page);
                await page.GotoAsync($"{Here}/sign-in");
                await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("This passkey is not known here");
                await devtools.SendAsync(
                    "WebAuthn.removeVirtualAuthenticator",
                    new() { ["authenticatorId"] = authenticator }
                );
            },
            expected: Refused
        );
        string id = await PseudonymAsync("erin");
        JsonElement records = await stage.QueryAsync(
            $"SELECT type FROM records WHERE stream = 'account/{id}' ORDER BY ledger_index"
        );
        Assert.Equal(
            [
                "account.added/2",
                "session.began/2",
                "passkey.added/1",
                "session.ended/2",
                "session.began/2",
                "passkey.removed/1",
                "session.ended/2",
            ],
            records.EnumerateArray().Select(r => r.GetProperty("type").GetString())
        );
    }

    [Fact]
    public async Task WithoutUserVerificationThereIsNoPasskey()
    {
        await AddAsync("fay", "analyst");
        await stage.VisitAsync(
            null,
            async page =>
            {
                await AuthenticatorAsync(page, verifies: false);
                await SignInHereAsync(page, "fay");
                await page.GotoAsync($"{Here}/account");
                await page.FillAsync("#passkey-name", "key without a finger");
                await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
                await Assertions
                    .Expect(page.Locator("#passkeys [data-passkey-says]"))
                    .ToContainTextAsync("Nothing was confirmed");
                await Assertions.Expect(page.Locator("#passkeys")).ToContainTextAsync("none yet");
            }
        );
    }

    [Fact]
    public async Task APasskeyOfADisabledAccountOpensNothingAndAnAnswerWorksOnce()
    {
        await AddAsync("gil", "analyst");
        await stage.VisitAsync(
            null,
            async page =>
            {
                await AuthenticatorAsync(page);
                await SignInHereAsync(page, "gil");
                await AddPasskeyAsync(page, "laptop");
                await SignOutAsync(page);

                // What the browser sends, sent twice with all of its cookies.
                await page.GotoAsync($"{Here}/sign-in");
                TaskCompletionSource<IRequest> sent = new();
                page.Request += (_, request) =>
                {
                    if (
                        request.Method == "POST"
                        && (request.PostData ?? "").Contains("clientDataJSON", StringComparison.Ordinal)
                    )
                    {
                        sent.TrySetResult(request);
                    }
                };
                IReadOnlyList<BrowserContextCookiesResult>? before = null;
                await page.RouteAsync(
                    "**/sign-in",
                    async route =>
                    {
                        before ??= await page.Context.CookiesAsync();
                        await route.ContinueAsync();
                    }
                );
                await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
                await page.WaitForURLAsync($"{Here}/");
                IRequest first = await sent.Task;
                using HttpClientHandler handler = new() { AllowAutoRedirect = false, UseCookies = false };
                using HttpClient replay = new(handler);
                using HttpRequestMessage again = new(HttpMethod.Post, $"{Here}/sign-in");
                again.Headers.Add("Cookie", string.Join("; ", before!.Select(c => $"{c.Name}={c.Value}")));
                again.Content = new StringContent(first.PostData!, null, "application/x-www-form-urlencoded");
                using HttpResponseMessage answer = await replay.SendAsync(again, TestContext.Current.CancellationToken);
                Assert.Equal(400, (int)answer.StatusCode);

                await SignOutAsync(page);
                await stage.CommandAsync(["user", "disable", "gil"]);
                await page.GotoAsync($"{Here}/sign-in");
                await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
                await Assertions.Expect(page.Locator("main")).ToContainTextAsync("may not sign in");
            },
            expected: Refused
        );
    }

    [Fact]
    public async Task AtAnAddressWithoutANamePasskeysAreNotOfferedAndThePageSaysWhere() =>
        await stage.VisitAsync(
            Person.Ada,
            async page =>
            {
                await page.GotoAsync("/account");
                await Assertions.Expect(page.Locator("#passkeys")).ToContainTextAsync($"open this page as {Here}");
                await Assertions.Expect(page.Locator("#passkey-name")).ToHaveCountAsync(0);
            }
        );

    /// <summary>An authenticator that says yes to everything, with or without having checked the person.</summary>
    internal static async Task<(ICDPSession Session, string Authenticator)> AuthenticatorAsync(
        IPage page,
        bool verifies = true
    )
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable");
        JsonElement? added = await session.SendAsync(
            "WebAuthn.addVirtualAuthenticator",
            new()
            {
                ["options"] = new Dictionary<string, object>
                {
                    ["protocol"] = "ctap2",
                    ["transport"] = "internal",
                    ["hasResidentKey"] = true,
                    ["hasUserVerification"] = verifies,
                    ["isUserVerified"] = verifies,
                    ["automaticPresenceSimulation"] = true,
                },
            }
        );
        return (session, added!.Value.GetProperty("authenticatorId").GetString()!);
    }

    private async Task AddPasskeyAsync(IPage page, string name)
    {
        await page.GotoAsync($"{Here}/account");
        await page.FillAsync("#passkey-name", name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The passkey is added");
    }

    private async Task SignInHereAsync(IPage page, string name)
    {
        await SignIn.WithPasswordAsync(page, name, $"{Here}/sign-in");
        await page.WaitForURLAsync($"{Here}/");
    }

    private static async Task SignOutAsync(IPage page)
    {
        await page.Locator("header details.menu summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/sign-in");
    }

    private Task<string> AddAsync(string name, string role) =>
        stage.CommandAsync(["user", "add", name, "--role", role, "--password-stdin"], Stage.Password + "\n");

    private async Task<string> PseudonymAsync(string name) =>
        JsonElement
            .Parse(await stage.CommandAsync(["user", "list", "--json"]))
            .GetProperty("accounts")
            .EnumerateArray()
            .Single(a => a.GetProperty("name").GetString() == name)
            .GetProperty("id")
            .GetString()!;
}
