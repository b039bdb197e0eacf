using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Records.Stores;
using Custodiet.Retention;

namespace Custodiet.Cli;

/// <summary>A running server, over its Unix socket or its address.</summary>
internal sealed class RunningSession : ISession
{
    private readonly HttpClient http;

    private RunningSession(HttpClient http, string where)
    {
        this.http = http;
        Where = where;
    }

    public string Where { get; }

    public static RunningSession BySocket(string socket)
    {
        SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        HttpClient http = new(handler) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromMinutes(5) };
        return new RunningSession(http, "the running server");
    }

    public static RunningSession ByUrl(string url, string token)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
        {
            throw new CommandException(ExitCode.Usage, $"«{url}» is not an address such as http://127.0.0.1:8087.");
        }
        HttpClient http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new RunningSession(http, address.ToString());
    }

    public async Task<IngestAnswer> IngestAsync(Memory<byte> lines, string key, CancellationToken cancellation)
    {
        for (int attempt = 0; ; attempt++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events")
            {
                Content = new ReadOnlyMemoryContent(lines),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            request.Headers.Add("Idempotency-Key", key);
            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, cancellation);
            }
            catch (HttpRequestException) when (attempt < 60)
            {
                // The server restarts; the key makes the repetition safe.
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                continue;
            }
            using (response)
            {
                if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
                {
                    TimeSpan wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1);
                    await Task.Delay(wait, cancellation);
                    continue;
                }
                return await ReadAsync<IngestAnswer>(response, cancellation);
            }
        }
    }

    public async Task<StreamStatus> StatusAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync("/api/v1/status", cancellation);
        return await ReadAsync<StreamStatus>(response, cancellation);
    }

    public async Task<QueryOutcome> QueryAsync(string sql, QueryLimits limits, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.PostAsJsonAsync(
            "/api/v1/query",
            new QueryRequest(sql, limits.Rows, limits.Timeout.TotalSeconds),
            Output.Json,
            cancellation
        );
        if (response.StatusCode == HttpStatusCode.UnprocessableEntity)
        {
            return new QueryOutcome.Refused(await ProblemAsync(response, cancellation));
        }
        QueryJson answer = await ReadAsync<QueryJson>(response, cancellation);
        return new QueryOutcome.Answered(answer.ToAnswer());
    }

    public async Task<QueryOutcome> ExportAsync(
        string sql,
        string file,
        QueryLimits limits,
        CancellationToken cancellation
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/query")
        {
            Content = JsonContent.Create(
                new QueryRequest(sql, limits.Rows, limits.Timeout.TotalSeconds),
                options: Output.Json
            ),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(QueryApi.ParquetType));
        using HttpResponseMessage response = await http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancellation
        );
        if (!response.IsSuccessStatusCode)
        {
            return new QueryOutcome.Refused(await ProblemAsync(response, cancellation));
        }
        await using FileStream target = new(file, FileMode.Create, FileAccess.Write);
        await response.Content.CopyToAsync(target, cancellation);
        string? truncated = response.Headers.TryGetValues("Custodiet-Truncated", out IEnumerable<string>? cut)
            ? Uri.UnescapeDataString(cut.First())
            : null;
        return new QueryOutcome.Answered(new QueryAnswer([], [], truncated, 0, 0));
    }

    public async Task<string> AddAccountAsync(AccountRequest request, CancellationToken cancellation) =>
        await PostForSecretAsync("/api/v1/accounts", request, cancellation) ?? "";

    public async Task<IReadOnlyList<AccountLine>> AccountsAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync("/api/v1/accounts", cancellation);
        return await ReadAsync<IReadOnlyList<AccountLine>>(response, cancellation);
    }

    public Task<string?> ChangeAccountAsync(AccountRequest request, string change, CancellationToken cancellation) =>
        PostForSecretAsync($"/api/v1/accounts/{Uri.EscapeDataString(request.Name)}/{change}", request, cancellation);

    public async Task<string> AddTokenAsync(TokenRequest request, CancellationToken cancellation) =>
        await PostForSecretAsync("/api/v1/tokens", request, cancellation) ?? "";

    public Task<string?> ChangeTokenAsync(
        string id,
        string change,
        TokenChangeRequest request,
        CancellationToken cancellation
    ) => PostForSecretAsync($"/api/v1/tokens/{Uri.EscapeDataString(id)}/{change}", request, cancellation);

    public async Task<IReadOnlyList<TokenLine>> TokensAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync("/api/v1/tokens", cancellation);
        return await ReadAsync<IReadOnlyList<TokenLine>>(response, cancellation);
    }

    public async Task RevokeTokenAsync(string id, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.DeleteAsync(
            $"/api/v1/tokens/{Uri.EscapeDataString(id)}",
            cancellation
        );
        await CheckAsync(response, cancellation);
    }

    public Task<RetentionStatus> RetentionAsync(CancellationToken cancellation) =>
        GetAsync<RetentionStatus>("/api/v1/retention", cancellation);

    public Task<RetentionOutcome> RetainAsync(CancellationToken cancellation) =>
        PostAsync<RetentionOutcome>("/api/v1/retention/run", new { }, cancellation);

    public Task<IReadOnlyList<Hold>> HoldsAsync(CancellationToken cancellation) =>
        GetAsync<IReadOnlyList<Hold>>("/api/v1/holds", cancellation);

    public Task<Hold> PlaceHoldAsync(HoldRequest request, CancellationToken cancellation) =>
        PostAsync<Hold>("/api/v1/holds", request, cancellation);

    public Task<Hold> LiftHoldAsync(string hold, CancellationToken cancellation) =>
        PostAsync<Hold>($"/api/v1/holds/{Uri.EscapeDataString(hold)}/lift", new { }, cancellation);

    public Task<ErasureAnswer> EraseAsync(ErasureRequest request, bool preview, CancellationToken cancellation) =>
        PostAsync<ErasureAnswer>(preview ? "/api/v1/erasures/preview" : "/api/v1/erasures", request, cancellation);

    public async Task<string> ProveAsync(string record, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync(
            $"/api/v1/ledger/records/{Uri.EscapeDataString(record)}/proof",
            cancellation
        );
        await CheckAsync(response, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.GetAsync(path, cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    private async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.PostAsJsonAsync(path, body, Output.Json, cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    /// <summary>Sends a request whose answer may hold a secret.</summary>
    private async Task<string?> PostForSecretAsync<T>(string path, T request, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await http.PostAsJsonAsync(path, request, Output.Json, cancellation);
        string secret = (await ReadAsync<SecretAnswer>(response, cancellation)).Secret;
        return secret.Length == 0 ? null : secret;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        await CheckAsync(response, cancellation);
        return await response.Content.ReadFromJsonAsync<T>(Output.Json, cancellation)
            ?? throw new CommandException(ExitCode.Unavailable, "The server's answer is empty.");
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new CommandException(ExitCode.Refused, await ProblemAsync(response, cancellation));
        }
    }

    /// <summary>The sentence of a problem document, or the status.</summary>
    private static async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            using JsonDocument problem = JsonDocument.Parse(text);
            if (
                problem.RootElement.TryGetProperty("detail", out JsonElement detail)
                && detail.GetString() is { } sentence
            )
            {
                return sentence;
            }
        }
        catch (JsonException)
        {
            // Not a problem document; the status says what can be said.
        }
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "The server does not know this token (401).",
            HttpStatusCode.Forbidden => "This token may not do that (403).",
            _ => $"The server answered {(int)response.StatusCode} {response.ReasonPhrase}.",
        };
    }
}
