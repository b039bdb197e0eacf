using System.Net;
using System.Security.Cryptography.X509Certificates;
using Custodiet.Api;
using Custodiet.Configuration;
using Custodiet.Tests.Inputs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Api;

/// <summary>The web server's addresses: TLS with files that change, and what proxies say.</summary>
public sealed class ServerAddressTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-server-").FullName;
    private Flow? flow;
    private WebApplication? app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
        if (flow is not null)
        {
            await flow.DisposeAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AChangedCertificateIsUsedAtOnceAndABadOneIsNot()
    {
        using TestAuthority authority = new(folder);
        (string certificate, string key) = authority.Issue("server");
        Uri address = await StartAsync(
            ("urls", "https://127.0.0.1:0"),
            ("server.tls_certificate", certificate),
            ("server.tls_key", key)
        );
        Assert.Equal("https", address.Scheme);
        string before = await SerialAsync(address);
        authority.Issue("server");
        string after = await SerialAsync(address);
        Assert.NotEqual(before, after);

        // The key of another certificate, then no certificate, then none at all.
        (_, string other) = authority.Issue("other");
        string good = await File.ReadAllTextAsync(key, Cancellation);
        File.Copy(other, key, overwrite: true);
        Assert.Equal(after, await SerialAsync(address));
        await File.WriteAllTextAsync(certificate, "not a certificate", Cancellation);
        Assert.Equal(after, await SerialAsync(address));
        File.Delete(certificate);
        await File.WriteAllTextAsync(key, good, Cancellation);
        Assert.Equal(after, await SerialAsync(address));
    }

    [Fact]
    public async Task PfxWithAPasswordFromAFileServesToo()
    {
        using TestAuthority authority = new(folder);
        (string certificate, string key) = authority.Issue("server");
        string pfx = Path.Combine(folder, "server.pfx");
        using (X509Certificate2 both = X509Certificate2.CreateFromPemFile(certificate, key))
        {
            await File.WriteAllBytesAsync(pfx, both.Export(X509ContentType.Pfx, "hunter2"), Cancellation);
        }
        string password = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(password, "hunter2\n", Cancellation);
        Uri address = await StartAsync(
            ("urls", "https://127.0.0.1:0"),
            ("server.tls_certificate", pfx),
            ("server.tls_password", "file:" + password)
        );
        Assert.NotEmpty(await SerialAsync(address));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("127.0.0.0/8", true)]
    public async Task SchemeAndHostAreBelievedFromANamedProxyOnly(string proxies, bool believed)
    {
        Uri address = await StartAsync(("trusted_proxies", proxies));
        using HttpClient client = new() { BaseAddress = address };
        using HttpRequestMessage request = new(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "soc.example");
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        // The header stands on https answers for a host that is not this machine.
        Assert.Equal(believed, response.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("", HttpStatusCode.TooManyRequests)]
    [InlineData("127.0.0.1;10.0.0.0/8", HttpStatusCode.OK)]
    public async Task AttemptsAreCountedForEachCallerBehindANamedProxyAndTogetherOtherwise(
        string proxies,
        HttpStatusCode last
    )
    {
        Uri address = await StartAsync(("trusted_proxies", proxies));
        using HttpClient client = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = address };
        HttpStatusCode status = HttpStatusCode.OK;
        for (int attempt = 1; attempt <= 40; attempt++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/sign-in") { Content = new StringContent("") };
            // What a caller says of himself stands before what the inner proxy adds, and is not reached.
            request.Headers.Add("X-Forwarded-For", $"198.51.100.9, 203.0.113.{attempt}, 10.0.0.4");
            using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
            status = response.StatusCode == HttpStatusCode.TooManyRequests ? response.StatusCode : HttpStatusCode.OK;
        }
        Assert.Equal(last, status);
    }

    [Fact]
    public async Task WhoComesThroughAProxyIsNoProgramOnThisMachine()
    {
        Uri address = await StartAsync(("trusted_proxies", "127.0.0.1"));
        using HttpClient client = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = address };
        await flow!.LoadAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/ledger/vkey", Cancellation)).StatusCode);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1");
        Assert.NotEqual(HttpStatusCode.OK, (await client.GetAsync("/ledger/vkey", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task SettingsAndSecretsAreNotAnsweredOverTheNetwork()
    {
        Uri address = await StartAsync();
        await flow!.LoadAsync(Cancellation);
        using HttpClient client = new() { BaseAddress = address };
        foreach (string path in (string[])["/api/v1/settings", "/api/v1/secrets"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path, Cancellation)).StatusCode);
        }
    }

    private async Task<Uri> StartAsync(params (string Name, string Value)[] options)
    {
        Dictionary<string, string?> values = new()
        {
            ["data"] = Path.Combine(folder, "data"),
            ["urls"] = "http://127.0.0.1:0",
        };
        foreach ((string name, string value) in options)
        {
            values[name] = value;
        }
        (Settings? settings, IReadOnlyList<Custodiet.Records.Problem> problems) = Settings.Read(values);
        Assert.Empty(problems);
        flow = await Flow.OpenAsync(settings!, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
        app = Server.Build(flow, settings!, NullLoggerFactory.Instance);
        await app.StartAsync(Cancellation);
        return new Uri(
            app.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.First(a => !a.Contains("unix:", StringComparison.Ordinal))
        );
    }

    private static async Task<string> SerialAsync(Uri address)
    {
        string serial = "";
        using HttpClientHandler handler = new()
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
            {
                serial = certificate!.SerialNumber;
                return true;
            },
        };
        using HttpClient client = new(handler) { BaseAddress = address };
        (await client.GetAsync("/health/live", Cancellation)).EnsureSuccessStatusCode();
        return serial;
    }
}
