using System.Net;
using Custodiet.People;
using Custodiet.Records.People;

namespace Custodiet.Tests.People;

/// <summary>Whose word about callers holds: a trusted proxy's, and nobody else's.</summary>
public sealed class ProxyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ATrustedProxysWordIsTheCallersAddressAndTheLastOneItAppendedCounts()
    {
        await using PeopleHost host = await StartAsync("127.0.0.1/32");
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        // The first was made up by the caller; the proxy appended the second.
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1, 203.0.113.9");
        using HttpResponseMessage done = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal("203.0.113.9", Assert.Single(host.Sessions.Of(ann.Id)).Address);

        // What came over TLS as far as the proxy has cookies for TLS alone.
        using HttpRequestMessage secure = new(HttpMethod.Get, "/sign-in");
        secure.Headers.Add("X-Forwarded-Proto", "https");
        using HttpResponseMessage page = await host.Program().SendAsync(secure, Cancellation);
        Assert.All(page.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("; secure", cookie));
    }

    [Fact]
    public async Task NobodyElsesWordCounts()
    {
        await using PeopleHost host = await StartAsync("10.0.0.5/32");
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        using HttpResponseMessage done = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal("127.0.0.1", Assert.Single(host.Sessions.Of(ann.Id)).Address);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task ACallerWhoClaimsToBeThisMachineThroughAProxyIsNoNeighbour(string claimed)
    {
        await using PeopleHost host = await StartAsync("127.0.0.1/32");
        using HttpClient program = host.Program();
        program.DefaultRequestHeaders.Add("X-Forwarded-For", claimed);
        using HttpResponseMessage answer = await program.PostAsync("/api/policy/metrics", null, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using HttpClient neighbour = host.Program();
        using HttpResponseMessage direct = await neighbour.PostAsync("/api/policy/metrics", null, Cancellation);
        Assert.Equal(HttpStatusCode.OK, direct.StatusCode);
    }

    [Fact]
    public async Task AttemptsAreCountedForEachCallerBehindTheProxyAndForAnIpv6NetworkAsOne()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            Options("127.0.0.1/32") with
            {
                AttemptsPerMinuteAndAddress = 2,
            }
        );
        await host.AccountAsync("ann", Role.Analyst);
        int[] answers =
        [
            await TryAsync("203.0.113.9"),
            await TryAsync("203.0.113.9"),
            await TryAsync("203.0.113.9"),
            await TryAsync("2001:db8::1"),
            await TryAsync("2001:db8::2:1"),
            await TryAsync("2001:db8::3:1"),
        ];
        Assert.Equal([400, 400, 429, 400, 400, 429], answers);

        async Task<int> TryAsync(string address)
        {
            using Browser browser = host.NewBrowser();
            browser.Client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
            using HttpResponseMessage wrong = await browser.SignInAsync($"nobody-{address}"[..10], "wrong");
            return (int)wrong.StatusCode;
        }
    }

    private static Task<PeopleHost> StartAsync(string proxy) => PeopleHost.StartAsync(Options(proxy));

    private static PeopleOptions Options(string proxy) =>
        new() { KeysFolder = "", TrustedProxies = [IPNetwork.Parse(proxy)] };
}
