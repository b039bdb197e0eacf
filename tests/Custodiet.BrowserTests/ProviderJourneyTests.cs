using Custodiet.Tests.People;

namespace Custodiet.BrowserTests;

/// <summary>The way to an identity provider and back in a real browser, under the real content policy; and the day when it is gone.</summary>
public sealed class ProviderJourneyTests(Stage stage) : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-provider-").FullName;
    private TestProvider? provider;
    private ProductProcess? product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ = stage.Product;
        provider = await TestProvider.StartAsync(TimeProvider.System);
        product = await ProductProcess.StartAsync(
            Stage.Root,
            folder,
            [],
            Cancellation,
            new Dictionary<string, string>
            {
                ["CUSTODIET_OIDC_AUTHORITY"] = provider.Address.ToString(),
                ["CUSTODIET_OIDC_CLIENT_ID"] = TestProvider.ClientId,
                ["CUSTODIET_OIDC_CLIENT_SECRET"] = "env:THE_SECRET",
                ["THE_SECRET"] = TestProvider.ClientSecret,
                ["CUSTODIET_OIDC_TITLE"] = "Test Provider",
                ["CUSTODIET_OIDC_ROLES"] = "soc-analysts=analyst;soc-leads=analyst,lead",
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (product is not null)
        {
            await product.DisposeAsync();
        }
        if (provider is not null)
        {
            await provider.DisposeAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task APersonSignsInThereAndOutAgainHereAndThere() =>
        await VisitAsync(async page =>
        {
            // The name is what passkeys need; the page then offers all three ways.
            await page.GotoAsync($"http://localhost:{product!.Address.Port}/sign-in?returnUrl=%2Faccount");
            await Assertions
                .Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }))
                .ToBeVisibleAsync();
            await Pictures.KeepAsync(page, "light", "sign-in-three-ways");
            Assert.Empty(await EveryPageTests.ViolationsAsync(page));
            await Pictures.KeepAsync(page, "dark", "sign-in-three-ways");
            await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Test Provider" }).ClickAsync();
            await page.WaitForURLAsync("**/account");
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("ann");
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("when the account was made");
            Assert.Empty(await EveryPageTests.ViolationsAsync(page));

            await page.Locator("header details.menu summary").ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            // There and back, without a hand.
            await page.WaitForURLAsync("**/sign-in");
            Assert.StartsWith("eyJ", Assert.Single(provider!.SignedOut), StringComparison.Ordinal);
        });

    [Fact]
    public async Task ALocalAccountIsLinkedFromTheAccountPage()
    {
        await RunAsync("user", "add", "bea", "--role", "analyst", "--password-stdin");
        await VisitAsync(async page =>
        {
            await SignIn.WithPasswordAsync(page, "bea");
            await page.WaitForURLAsync(product!.Address.ToString());
            await page.GotoAsync("/account");
            await page.GetByRole(AriaRole.Button, new() { Name = "Link this account" }).ClickAsync();
            await Assertions
                .Expect(page.Locator("main"))
                .ToContainTextAsync("Linked since", new() { Timeout = 20_000 });
            await page.GetByRole(AriaRole.Button, new() { Name = "Remove the link" }).ClickAsync();
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The link is removed");
        });
    }

    [Fact]
    public async Task WhoHasNoRoleIsToldWhyAndWhomToAskOnAPhoneToo()
    {
        provider!.Person["roles"] = (string[])["accounting"];
        await VisitAsync(
            async page =>
            {
                await page.GotoAsync("/sign-in");
                await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Test Provider" }).ClickAsync();
                await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("No role here");
                await Pictures.KeepAsync(page, "narrow", "provider-no-role");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                Assert.Equal("", await EveryPageTests.TooWideAsync(page));
                await page.GetByRole(AriaRole.Link, new() { Name = "Back to the sign-in page" }).ClickAsync();
                await page.WaitForURLAsync("**/sign-in");
            },
            expected: "status of 403",
            width: 390
        );
    }

    [Fact]
    public async Task WhenTheProviderIsGoneTheGlassIsBrokenAndALeadTakesNote()
    {
        string code = await RunAsync("user", "add", "glass", "--break-glass");
        await RunAsync("user", "add", "lea", "--role", "lead", "--password-stdin");
        await provider!.StopAsync();
        await VisitAsync(
            async page =>
            {
                await page.GotoAsync("/sign-in");
                await page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Test Provider" }).ClickAsync();
                await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("The identity provider does not answer");
                await page.GetByRole(AriaRole.Link, new() { Name = "Back to the sign-in page" }).ClickAsync();
                await page.GetByRole(AriaRole.Link, new() { Name = "Break the glass" }).ClickAsync();
                await page.FillAsync("#name", "glass");
                await page.FillAsync("#code", code.Trim());
                await page.GetByLabel("The identity provider does not let people in").CheckAsync();
                await Pictures.KeepAsync(page, "light", "break-glass-filled");
                await page.GetByRole(AriaRole.Button, new() { Name = "Break the glass" }).ClickAsync();
                await Assertions.Expect(page.Locator("header")).ToContainTextAsync("everything you do is marked");
                Assert.Empty(await EveryPageTests.ViolationsAsync(page));
                await page.GotoAsync("/people");
                await Assertions.Expect(page.Locator("#break-glass")).ToContainTextAsync("seal it anew");
                await Pictures.KeepAsync(page, "light", "people-in-break-glass");
            },
            expected: "status of 503"
        );
        await VisitAsync(async page =>
        {
            await SignIn.WithPasswordAsync(page, "lea");
            await Assertions.Expect(page.Locator("header")).ToContainTextAsync("nobody has acknowledged it");
            await page.GetByRole(AriaRole.Link, new() { Name = "Look at it" }).ClickAsync();
            await Pictures.KeepAsync(page, "light", "break-glass-use");
            Assert.Empty(await EveryPageTests.ViolationsAsync(page));
            await page.GetByRole(AriaRole.Link, new() { Name = "What was done" }).ClickAsync();
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("session.began/2");
            await page.GoBackAsync();
            await page.GetByLabel("It was needed").CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Nothing to acknowledge");
            await page.GotoAsync("/");
            await Assertions.Expect(page.Locator("header")).Not.ToContainTextAsync("nobody has acknowledged it");
        });
    }

    private Task VisitAsync(Func<IPage, Task> act, string? expected = null, int width = 1280) =>
        stage.VisitAsync(null, act, width, expected, address: product!.Address);

    private async Task<string> RunAsync(params string[] arguments)
    {
        (int code, string output, string error) = await ProductProcess.RunAsync(
            Stage.Root,
            [.. arguments, "--data", folder],
            Cancellation,
            Stage.Password + "\n"
        );
        Assert.True(code == 0, error);
        return output;
    }
}
