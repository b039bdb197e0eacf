using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Sends numbered events in batches of varied size, each under its key until it is acknowledged.</summary>
internal sealed class NumberedSender(int events, string token)
{
    private int until = events;
    private int sent;

    public volatile Uri Address = new("http://127.0.0.1");

    public string Token => token;

    public long Acknowledged { get; private set; }

    public int Repeats { get; private set; }

    /// <summary>An engineer's token, by command.</summary>
    public static async Task<string> TokenAsync(string root, ProductProcess product, CancellationToken cancellation)
    {
        using HttpClient client = await product.ClientAsync(root, "engineer", cancellation);
        return client.DefaultRequestHeaders.Authorization!.Parameter!;
    }

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
            string command = number % 500 == 0 ? @"reg.exe save HKLM\\SAM C:\\Temp\\sam.hiv" : "svchost.exe -k netsvcs";
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{"@timestamp":"2026-03-02T08:{{number / 60 % 60:00}}:{{number % 60:00}}Z","host":"WS-{{number % 40:000}}","product":"windows","category":"process_creation","number":"{{number}}","Image":"C:\\Windows\\System32\\{{command.Split(' ')[0]}}","CommandLine":"{{command}}","User":"CORP\\ada"}"""
            );
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
