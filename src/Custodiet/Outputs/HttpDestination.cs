using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using Custodiet.Configuration;

namespace Custodiet.Outputs;

/// <summary>
/// Posts a batch as lines, with its key as <c>Idempotency-Key</c>. 2xx acknowledges; 400, 413 and 422 refuse these items; anything else is tried
/// again. Redirects are not followed and no proxy is used: a request goes to the host that was permitted and to no other.
/// </summary>
internal sealed class HttpDestination(DestinationDefinition.ToHttp definition, OutputSecrets secrets, TimeProvider time)
    : IDestination
{
    private const int AnswerBytesMax = 4_096;
    private const int AnswerShownMax = 200;

    private readonly TlsClient tls = new(definition.Tls, secrets);
    private HttpClient? http;
    private string stamp = "";

    public bool IsKeyed => true;

    public async ValueTask<Delivery> SendAsync(OutputBatch batch, string key, CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(definition.Timeout);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, definition.Url)
            {
                Content = new ByteArrayContent(Body(batch)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            if (definition.Gzip)
            {
                request.Content.Headers.ContentEncoding.Add("gzip");
            }
            request.Headers.Add("Idempotency-Key", key);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Custodiet", Flow.Version));
            foreach (HeaderDefinition header in definition.Headers)
            {
                Add(request, header);
            }
            using HttpResponseMessage response = await Client()
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            if (response.IsSuccessStatusCode)
            {
                return new Delivery.Done();
            }
            string answer = await AnswerAsync(response, timeout.Token);
            return
                response.StatusCode
                    is HttpStatusCode.BadRequest
                        or HttpStatusCode.RequestEntityTooLarge
                        or HttpStatusCode.UnprocessableEntity
                ? new Delivery.Refused(answer)
                : new Delivery.Later(answer, RetryAfter(response));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Delivery.Later(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"no answer within {definition.Timeout.TotalSeconds:N0} seconds"
                )
            );
        }
        catch (SecretException missing)
        {
            return new Delivery.Later(missing.Message);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or AuthenticationException)
        {
            return new Delivery.Later((failure.InnerException ?? failure).Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        http?.Dispose();
        return ValueTask.CompletedTask;
    }

    private byte[] Body(OutputBatch batch)
    {
        using MemoryStream body = new(batch.Items.Bytes.Length + batch.Items.Count);
        using (Stream target = definition.Gzip ? new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true) : body)
        {
            foreach (ReadOnlyMemory<byte> line in batch.Each())
            {
                target.Write(line.Span);
                target.WriteByte((byte)'\n');
            }
            target.Flush();
        }
        return body.ToArray();
    }

    private void Add(HttpRequestMessage request, HeaderDefinition header)
    {
        string value = header.Secret is { } secret ? header.Value + secrets.Line(secret) : header.Value;
        if (header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
        {
            request.Content!.Headers.Remove(header.Name);
            request.Content.Headers.TryAddWithoutValidation(header.Name, value);
        }
        else
        {
            request.Headers.TryAddWithoutValidation(header.Name, value);
        }
    }

    private HttpClient Client()
    {
        string now = tls.Stamp;
        if (http is null || now != stamp)
        {
            http?.Dispose();
            stamp = now;
            http = new HttpClient(
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    UseProxy = false,
                    UseCookies = false,
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    // Names are looked up again now and then.
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                    ActivityHeadersPropagator = null,
                    SslOptions = tls.Options(definition.Url.IdnHost),
                }
            )
            {
                Timeout = Timeout.InfiniteTimeSpan,
            };
        }
        return http;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };

    /// <summary>The status and the beginning of what stands behind it, on one line and without control characters.</summary>
    private static async Task<string> AnswerAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] start = new byte[AnswerBytesMax];
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        int read = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation);
        string text = new([
            .. Encoding.UTF8.GetString(start, 0, read).Where(c => !char.IsControl(c)).Take(AnswerShownMax),
        ]);
        return string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode} {text}").TrimEnd();
    }
}
