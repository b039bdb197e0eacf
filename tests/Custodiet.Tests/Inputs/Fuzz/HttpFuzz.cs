using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;

namespace Custodiet.Tests.Inputs.Fuzz;

/// <summary>Sends hostile bodies and headers to every HTTP input of a running product. It must answer each with a status that says whose fault it is.</summary>
internal static class HttpFuzz
{
    private static readonly (string Path, string Target, string[] Types)[] routes =
    [
        ("/api/v1/events", "lines", ["application/x-ndjson", "application/json"]),
        ("/services/collector/event", "hec-event", ["application/json"]),
        ("/services/collector/raw", "hec-raw", ["text/plain"]),
        ("/_bulk", "bulk", ["application/x-ndjson", "application/vnd.elasticsearch+x-ndjson; compatible-with=8"]),
        ("/some%20index/_bulk", "bulk", ["application/x-ndjson"]),
        ("/v1/logs", "otlp-proto", ["application/x-protobuf"]),
        ("/v1/logs", "otlp-json", ["application/json"]),
        ("/api/v1/cloudevents", "cloudevents", ["application/cloudevents+json"]),
        ("/api/v1/cloudevents", "cloudevents-batch", ["application/cloudevents-batch+json"]),
        ("/api/v1/cloudevents", "cloudevents-binary", ["application/json", "text/plain"]),
    ];

    /// <summary>Whether a status says that all was taken, or what is wrong with the request.</summary>
    public static bool IsExpected(int status) => status is 200 or 400 or 413 or 415;

    /// <summary>Sends one case and answers its status; the answer's body is read to its end.</summary>
    /// <returns>The route, the status, and how many bytes were sent.</returns>
    public static async Task<(string Path, int Status, int Bytes)> SendAsync(
        HttpClient client,
        string token,
        int seed,
        long number,
        CancellationToken cancellation
    )
    {
        Random random = FuzzRun.RandomOf(seed, number);
        (string path, string target, string[] types) = routes[number % routes.Length];
        byte[] body = FuzzBytes.Next(random, FuzzTargets.Events.Single(t => t.Name == target).Seeds);
        using HttpRequestMessage request = new(HttpMethod.Post, path + Query(random));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.TryAddWithoutValidation("User-Agent", "fuzz");
        int packing = random.Next(6);
        request.Content = new ByteArrayContent(packing is 0 or 1 ? Pack(body, random, whole: packing == 0) : body);
        if (packing < 3)
        {
            // The third of them is not gzip at all.
            request.Content.Headers.ContentEncoding.Add("gzip");
        }
        string type = random.Next(20) == 0 ? "nonsense" : types[random.Next(types.Length)];
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (target == "cloudevents-binary")
        {
            foreach (string name in (string[])["specversion", "id", "source", "type"])
            {
                request.Headers.TryAddWithoutValidation(
                    "ce-" + name,
                    random.Next(10) == 0 ? "%E2%82"
                        : name == "specversion" ? "1.0"
                        : "a%20b"
                );
            }
        }
        using HttpResponseMessage response = await client.SendAsync(request, cancellation);
        await response.Content.ReadAsByteArrayAsync(cancellation);
        return (path, (int)response.StatusCode, body.Length);
    }

    private static string Query(Random random) =>
        random.Next(4) switch
        {
            0 => "?host=%00&sourcetype=%E2%82&index=" + new string('x', random.Next(200)),
            1 => string.Create(CultureInfo.InvariantCulture, $"?time={random.NextInt64()}&refresh=&pretty"),
            _ => "",
        };

    private static byte[] Pack(byte[] body, Random random, bool whole)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }
        byte[] bytes = packed.ToArray();
        if (!whole)
        {
            bytes = bytes[..random.Next(bytes.Length + 1)];
            if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
        }
        return bytes;
    }
}
