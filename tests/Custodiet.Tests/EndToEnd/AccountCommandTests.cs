using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary><c>custodiet user</c> and <c>custodiet token</c> on a running product, as people and as scripts read them.</summary>
public sealed class AccountCommandTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-accounts-").FullName;
    private ProductProcess? product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            File.Exists(ProductProcess.Executable(TestPaths.Root)),
            "the product is not published: run ./custodiet --build-only"
        );
        product = await ProductProcess.StartAsync(TestPaths.Root, folder, [], Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (product is not null)
        {
            await product.DisposeAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AnAccountIsAddedListedChangedAndRecovered()
    {
        (_, string code, string remark) = await RunAsync("user", "add", "ada", "--role", "analyst", "lead");
        Assert.Matches("^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\n$", code);
        Assert.StartsWith("Added ada. Its owner opens /recover", remark, StringComparison.Ordinal);
        JsonElement added = await JsonAsync("user", "add", "ben", "--role", "admin");
        Assert.Equal(["schemaVersion", "name", "roles", "code"], added.EnumerateObject().Select(m => m.Name));

        await RunAsync("user", "roles", "ada", "--role", "auditor");
        Assert.Equal("", (await RunAsync("user", "disable", "ada")).Output);
        (_, string table, _) = await RunAsync("user", "list");
        Assert.Matches("name +roles +pseudonym +two-factor +state", table);
        Assert.Matches("ada +auditor +p-[0-9a-f]+ +no +disabled", table);
        JsonElement listed = (await JsonAsync("user", "list")).GetProperty("accounts");
        Assert.Equal(["ada", "ben"], listed.EnumerateArray().Select(a => a.GetProperty("name").GetString()));

        await RunAsync("user", "enable", "ada");
        JsonElement recovered = await JsonAsync("user", "recover", "ada");
        Assert.Equal("recover", recovered.GetProperty("change").GetString());
        Assert.NotEqual(code.Trim(), recovered.GetProperty("code").GetString());

        (int exit, string nothing, string problem) = await TryAsync("user", "enable", "nobody");
        Assert.Equal((4, ""), (exit, nothing));
        Assert.Contains("There is no account «nobody»", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABreakGlassAccountIsAddedAndSealedAnewAndItsCodeIsPrintedOnce()
    {
        (_, string code, string remark) = await RunAsync("user", "add", "glass", "--break-glass");
        Assert.Matches("^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\n$", code);
        Assert.Contains("seal them", remark, StringComparison.Ordinal);
        JsonElement listed = Assert.Single((await JsonAsync("user", "list")).GetProperty("accounts").EnumerateArray());
        Assert.Equal("break-glass", listed.GetProperty("kind").GetString());
        Assert.StartsWith("b-", listed.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(4, listed.GetProperty("roles").GetArrayLength());
        (_, string again, _) = await RunAsync("user", "seal", "glass");
        Assert.NotEqual(code, again);
        Assert.Equal(2, (await TryAsync("user", "add", "x")).Code);
        Assert.Equal(2, (await TryAsync("user", "add", "x", "--break-glass", "--password-stdin")).Code);
        (int exit, _, string problem) = await TryAsync("user", "recover", "glass");
        Assert.Equal(4, exit);
        Assert.Contains("Only a person's account", problem, StringComparison.Ordinal);

        // Without a server, on the folder itself.
        await product!.StopAsync(Cancellation);
        (_, string offline, _) = await RunAsync("user", "add", "second", "--break-glass", "--role", "admin");
        Assert.Matches("^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\n$", offline);
    }

    [Fact]
    public async Task AServiceAccountHasTwoTokensWhileTheyChangeOver()
    {
        await RunAsync("user", "add", "ada", "--role", "admin");
        Assert.Equal(4, (await TryAsync("service", "add", "shipper", "--role", "engineer", "--owner", "nobody")).Code);
        await RunAsync("service", "add", "shipper", "--role", "engineer", "--owner", "ada", "--days", "30");
        (_, string table, _) = await RunAsync("service", "list");
        Assert.Matches("shipper +engineer +s-[0-9a-f]+ +ada +20", table);
        (_, string first, _) = await RunAsync([
            "token",
            "add",
            "--role",
            "engineer",
            "--name",
            "shipping",
            "--for",
            "shipper",
        ]);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(first.Trim()));
        string id = Assert
            .Single((await JsonAsync("token", "list")).GetProperty("tokens").EnumerateArray())
            .GetProperty("id")
            .GetString()!;
        (_, string second, _) = await RunAsync("token", "rotate", id, "--overlap-days", "1");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(first.Trim()));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(second.Trim()));
        Assert.Equal(4, (await TryAsync("token", "rotate", id)).Code);
        JsonElement[] tokens = [.. (await JsonAsync("token", "list")).GetProperty("tokens").EnumerateArray()];
        Assert.Equal(2, tokens.Length);
        Assert.All(tokens, token => Assert.Equal("shipper", token.GetProperty("owner").GetString()));
        Assert.All(tokens, token => Assert.NotEqual(JsonValueKind.Null, token.GetProperty("lastUsedAt").ValueKind));
        await RunAsync("user", "disable", "shipper");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(second.Trim()));

        await RunAsync("user", "enable", "shipper");
        await RunAsync("user", "add", "ben", "--role", "admin");
        await RunAsync("service", "owner", "shipper", "--owner", "ben");
        await RunAsync("service", "expires", "shipper");
        Assert.Matches("shipper +engineer +s-[0-9a-f]+ +ben +enabled", (await RunAsync("service", "list")).Output);
        await RunAsync("user", "sign-out", "ben");
    }

    [Fact]
    public async Task ATokenIsIssuedListedUsedAndRevoked()
    {
        (_, string text, string remark) = await RunAsync([
            "token",
            "add",
            "--role",
            "auditor",
            "--name",
            "a reader",
            "--scope",
            "query:read",
            "--days",
            "2",
        ]);
        Assert.Contains("only time it is shown", remark, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(text.Trim()));

        JsonElement token = Assert.Single((await JsonAsync("token", "list")).GetProperty("tokens").EnumerateArray());
        Assert.Equal("a reader", token.GetProperty("name").GetString());
        string id = token.GetProperty("id").GetString()!;
        Assert.Matches($"{id} +a reader +auditor +query:read +20", (await RunAsync("token", "list")).Output);

        Assert.Equal(id, (await JsonAsync("token", "revoke", id)).GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(text.Trim()));
        (int exit, _, string problem) = await TryAsync("token", "revoke", "t-0");
        Assert.Equal(4, exit);
        Assert.Contains("There is no such token", problem, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> AskAsync(string token)
    {
        using HttpClient client = new() { BaseAddress = product!.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await client.PostAsJsonAsync(
            "/api/v1/query",
            new { sql = "SELECT 1" },
            Cancellation
        );
        return answer.StatusCode;
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments) =>
        JsonElement.Parse((await RunAsync([.. arguments, "--json"])).Output);

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        (int Code, string Output, string Error) ran = await TryAsync(arguments);
        Assert.True(ran.Code == 0, ran.Error);
        return ran;
    }

    private Task<(int Code, string Output, string Error)> TryAsync(params string[] arguments) =>
        ProductProcess.RunAsync(TestPaths.Root, [.. arguments, "--data", folder], Cancellation);
}
