using System.Net.Http.Headers;
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
        string token = await NumberedSender.TokenAsync(root, product, cancellation);
        int verifications = 0;
        NumberedSender sender = new(events, token) { Address = product.Address };
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
        NumberedSender sender,
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
}
