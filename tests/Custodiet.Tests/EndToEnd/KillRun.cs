using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>What a run of kills showed.</summary>
/// <param name="Kills">How often the process was killed.</param>
/// <param name="Acknowledged">Events that were acknowledged.</param>
/// <param name="Stored">Events in the archive afterwards.</param>
/// <param name="DistinctNumbers">Different event numbers among them.</param>
/// <param name="DistinctOffsets">Different offsets among them.</param>
/// <param name="Verifications">How often the ledger verified after a start.</param>
/// <param name="Repeats">Batches that were answered as repetitions.</param>
/// <param name="Findings">Findings stored.</param>
internal sealed record KillReport(
    int Kills,
    long Acknowledged,
    long Stored,
    long DistinctNumbers,
    long DistinctOffsets,
    int Verifications,
    int Repeats,
    long Findings
);

/// <summary>
/// Sends events with retries while the product is killed at random moments, then counts: no acknowledged event may be missing, none
/// may be there twice, and the ledger must verify after each start.
/// </summary>
internal static class KillRun
{
    public static async Task<KillReport> RunAsync(
        string root,
        string dataFolder,
        int events,
        int kills,
        int seed,
        Action<string> say,
        CancellationToken cancellation
    )
    {
        Random random = new(seed);
        ProductProcess product = await ProductProcess.StartAsync(root, dataFolder, [], cancellation);
        string token = await TokenAsync(root, product, cancellation);
        int verifications = 0;
        Sender sender = new(events, token) { Address = product.Address };
        Task sending = sender.RunAsync(cancellation);
        try
        {
            for (int kill = 0; kill < kills; kill++)
            {
                // Some kills hit the start itself.
                await Task.Delay(random.Next(kill % 4 == 3 ? 30 : 150, 1_200), cancellation);
                await product.KillAsync();
                await product.DisposeAsync();
                product = await ProductProcess.StartAsync(root, dataFolder, [], cancellation);
                sender.Address = product.Address;
                await VerifyAsync(root, dataFolder, cancellation);
                verifications++;
                say(
                    $"kill {kill + 1}/{kills}: {sender.Acknowledged:N0} of {events:N0} events acknowledged, the ledger verifies"
                );
                if (sending.IsCompleted)
                {
                    // The events ran out before the kills: send more, so that every kill meets traffic.
                    await sending;
                    sender.More(events);
                    sending = sender.RunAsync(cancellation);
                }
            }
            await sending;
            return await CountAsync(product, sender, kills, verifications, cancellation);
        }
        finally
        {
            await product.DisposeAsync();
        }
    }

    private static async Task<KillReport> CountAsync(
        ProductProcess product,
        Sender sender,
        int kills,
        int verifications,
        CancellationToken cancellation
    )
    {
        using HttpClient client = new() { BaseAddress = product.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", sender.Token);
        long stored = 0;
        JsonElement row = default;
        for (int attempt = 0; attempt < 600 && stored < sender.Acknowledged; attempt++)
        {
            await Task.Delay(200, cancellation);
            JsonElement rows = await ProductProcess.QueryAsync(
                client,
                "SELECT count(*), count(DISTINCT fields['number']), count(DISTINCT event_offset) FROM events",
                cancellation
            );
            row = rows[0];
            stored = row[0].GetInt64();
        }
        JsonElement findings = await ProductProcess.QueryAsync(client, "SELECT count(*) FROM findings", cancellation);
        return new KillReport(
            kills,
            sender.Acknowledged,
            stored,
            row[1].GetInt64(),
            row[2].GetInt64(),
            verifications,
            sender.Repeats,
            findings[0][0].GetInt64()
        );
    }

    private static async Task VerifyAsync(string root, string dataFolder, CancellationToken cancellation)
    {
        (int code, string output, string error) = await ProductProcess.RunAsync(
            root,
            ["ledger", "verify", Path.Combine(dataFolder, "ledger"), "--json"],
            cancellation
        );
        if (code != 0)
        {
            throw new InvalidOperationException($"The ledger does not verify ({code}): {output}{error}");
        }
    }

    private static async Task<string> TokenAsync(string root, ProductProcess product, CancellationToken cancellation)
    {
        using HttpClient client = await product.ClientAsync(root, "engineer", cancellation);
        return client.DefaultRequestHeaders.Authorization!.Parameter!;
    }

    /// <summary>Sends numbered events in batches of varied size, each under its key until it is acknowledged.</summary>
    private sealed class Sender(int events, string token)
    {
        private int until = events;
        private int sent;

        public volatile Uri Address = new("http://127.0.0.1");

        public string Token => token;

        public long Acknowledged { get; private set; }

        public int Repeats { get; private set; }

        public void More(int count) => until += count;

        public async Task RunAsync(CancellationToken cancellation)
        {
            using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(20) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            while (sent < until)
            {
                int count = Math.Min(until - sent, 200 + (sent * 7 % 1_300));
                byte[] body = Batch(sent, count);
                string key = string.Create(CultureInfo.InvariantCulture, $"kill:{sent}");
                while (!await SendAsync(client, body, key, cancellation))
                {
                    await Task.Delay(50, cancellation);
                }
                sent += count;
                Acknowledged += count;
            }
        }

        private async Task<bool> SendAsync(HttpClient client, byte[] body, string key, CancellationToken cancellation)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Address, "/api/v1/events"))
            {
                Content = new ByteArrayContent(body),
            };
            request.Headers.Add("Idempotency-Key", key);
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request, cancellation);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    return false;
                }
                using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
                Repeats += answer.RootElement.GetProperty("repeated").GetBoolean() ? 1 : 0;
                return true;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                return false;
            }
        }

        /// <summary>One event in five hundred runs a command that a starter rule finds.</summary>
        private static byte[] Batch(int first, int count)
        {
            StringBuilder text = new();
            for (int number = first; number < first + count; number++)
            {
                string command =
                    number % 500 == 0 ? @"reg.exe save HKLM\\SAM C:\\Temp\\sam.hiv" : "svchost.exe -k netsvcs";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $$"""{"@timestamp":"2026-03-02T08:{{number / 60 % 60:00}}:{{number % 60:00}}Z","host":"WS-{{number % 40:000}}","product":"windows","category":"process_creation","number":"{{number}}","Image":"C:\\Windows\\System32\\{{command.Split(' ')[0]}}","CommandLine":"{{command}}","User":"CORP\\ada"}"""
                );
                text.Append('\n');
            }
            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }
}
