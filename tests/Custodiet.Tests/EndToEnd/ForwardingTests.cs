using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Custodiet.Tests.EndToEnd.Senders;

namespace Custodiet.Tests.EndToEnd;

/// <summary>One product sends on to another, and both are killed while events flow: every event arrives exactly once.</summary>
public sealed class ForwardingTests : IDisposable
{
    private const int Events = 40_000;
    private const int BatchEvents = 200;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-forward-");
    private readonly int senderPort = DebianSender.FreePort();
    private readonly int receiverPort = DebianSender.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task EveryEventArrivesExactlyOnceThroughKillsOfBothSides()
    {
        ProductProcess receiver = await StartReceiverAsync();
        using HttpClient asking = await receiver.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        WriteRoute(asking.DefaultRequestHeaders.Authorization!.Parameter!);
        ProductProcess sender = await StartSenderAsync();
        try
        {
            using HttpClient client = await sender.ClientAsync(TestPaths.Root, "engineer", Cancellation);
            Task sending = SendAsync(client.DefaultRequestHeaders.Authorization!);
            for (int kill = 0; kill < 4; kill++)
            {
                await Task.Delay(2_000, Cancellation);
                if (kill % 2 == 0)
                {
                    await receiver.KillAsync();
                    await receiver.DisposeAsync();
                    await Task.Delay(1_000, Cancellation);
                    receiver = await StartReceiverAsync();
                }
                else
                {
                    await sender.KillAsync();
                    await sender.DisposeAsync();
                    sender = await StartSenderAsync();
                }
            }
            await sending;
            JsonElement route = await UntilSentAsync(client);
            Assert.True(route.GetProperty("balances").GetBoolean(), route.ToString());
            JsonElement row = default;
            for (int attempt = 0; attempt < 300 && (attempt == 0 || row[0].GetInt32() < Events); attempt++)
            {
                await Task.Delay(200, Cancellation);
                row = (
                    await ProductProcess.QueryAsync(
                        asking,
                        "SELECT count(*), count(DISTINCT fields['number']), min(raw) FROM events",
                        Cancellation
                    )
                )[0];
            }
            Assert.Equal((Events, Events), (row[0].GetInt32(), row[1].GetInt32()));
            Assert.Equal(LineOf(0), row[2].GetString());
            Assert.True(await sender.StopAsync(Cancellation) == 0, sender.Log);
            (int code, string output, string error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["routes", "--data", sender.DataFolder, "--json"],
                Cancellation
            );
            Assert.True(code == 0, output + error);
        }
        finally
        {
            await sender.DisposeAsync();
            await receiver.DisposeAsync();
        }
    }

    private Task<ProductProcess> StartReceiverAsync() =>
        ProductProcess.StartAsync(
            TestPaths.Root,
            Path.Combine(folder.FullName, "receiver"),
            [],
            Cancellation,
            port: receiverPort
        );

    private Task<ProductProcess> StartSenderAsync() =>
        ProductProcess.StartAsync(
            TestPaths.Root,
            Path.Combine(folder.FullName, "sender"),
            [],
            Cancellation,
            port: senderPort
        );

    private void WriteRoute(string token)
    {
        string routes = Directory.CreateDirectory(Path.Combine(folder.FullName, "content", "routes")).FullName;
        File.WriteAllText(
            Path.Combine(routes, "on.yml"),
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                id: on
                batch: {events: 500, seconds: 0}
                to:
                  http:
                    url: http://127.0.0.1:{{receiverPort}}/api/v1/events
                    headers:
                      Authorization: {secret: receiver, before: "Bearer "}
                """
            )
        );
        string secrets = Directory.CreateDirectory(Path.Combine(folder.FullName, "sender", "secrets")).FullName;
        File.WriteAllText(Path.Combine(secrets, "receiver"), token);
        File.WriteAllText(
            Path.Combine(folder.FullName, "sender", "custodiet.yml"),
            $"content: [{Path.Combine(folder.FullName, "content")}]\n"
        );
    }

    /// <summary>Sends all events, each batch under its key until it is acknowledged.</summary>
    private async Task SendAsync(AuthenticationHeaderValue authorization)
    {
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Authorization = authorization;
        for (int first = 0; first < Events; first += BatchEvents)
        {
            string body = string.Concat(Enumerable.Range(first, BatchEvents).Select(n => LineOf(n) + "\n"));
            while (!await IsTakenAsync(client, first, body))
            {
                await Task.Delay(50, Cancellation);
            }
            await Task.Delay(25, Cancellation);
        }
    }

    private async Task<bool> IsTakenAsync(HttpClient client, int first, string body)
    {
        using HttpRequestMessage request = new(
            HttpMethod.Post,
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{senderPort}/api/v1/events")
        )
        {
            Content = new StringContent(body, Encoding.UTF8),
        };
        request.Headers.Add("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"forward:{first}"));
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception away) when (away is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private static async Task<JsonElement> UntilSentAsync(HttpClient client)
    {
        JsonElement route = default;
        for (int attempt = 0; attempt < 600; attempt++)
        {
            using JsonDocument answer = JsonDocument.Parse(await client.GetStringAsync("/api/v1/routes", Cancellation));
            route = answer.RootElement[0].Clone();
            if (route.GetProperty("sent").GetInt64() == Events)
            {
                break;
            }
            await Task.Delay(200, Cancellation);
        }
        Assert.True(route.GetProperty("sent").GetInt64() == Events, route.ToString());
        return route;
    }

    private static string LineOf(int number) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"@timestamp":"2026-03-02T08:16:00Z","host":"ws-{{number % 40:000}}","product":"windows","category":"process_creation","number":"{{number:000000}}","Image":"C:\\a.exe"}"""
        );
}
