using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>The published product as a process of its own, on a data folder, on a port of the system's choice.</summary>
internal sealed class ProductProcess : IAsyncDisposable
{
    private readonly System.Diagnostics.Process process;
    private readonly StringBuilder log = new();

    private ProductProcess(System.Diagnostics.Process process, string dataFolder)
    {
        this.process = process;
        DataFolder = dataFolder;
    }

    public string DataFolder { get; }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The one-time code for the first account, when the product printed one.</summary>
    public string? SetupCode { get; private set; }

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    public int Id => process.Id;

    /// <summary>The executable that ./custodiet and ./test publish.</summary>
    public static string Executable(string root) => Path.Combine(root, "artifacts", "app", "custodiet");

    /// <summary>Starts <c>custodiet up</c> and waits until it is ready.</summary>
    public static async Task<ProductProcess> StartAsync(
        string root,
        string dataFolder,
        IReadOnlyList<string> arguments,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? environment = null,
        int port = 0
    )
    {
        ProcessStartInfo start = new(Executable(root))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (
            string argument in (string[])
                ["up", "--data", dataFolder, "--urls", $"http://127.0.0.1:{port}", .. arguments]
        )
        {
            start.ArgumentList.Add(argument);
        }
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        System.Diagnostics.Process process =
            System.Diagnostics.Process.Start(start)
            ?? throw new InvalidOperationException("The product did not start.");
        ProductProcess product = new(process, dataFolder);
        TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Read(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null)
            {
                address.TrySetException(
                    new InvalidOperationException("The product ended before it listened.\n" + product.Log)
                );
                return;
            }
            lock (product.log)
            {
                product.log.AppendLine(line.Data);
            }
            int at = line.Data.IndexOf("http://127.0.0.1:", StringComparison.Ordinal);
            if (at >= 0)
            {
                address.TrySetResult(new Uri(new Uri(line.Data[at..].Split(' ')[0]).GetLeftPart(UriPartial.Authority)));
            }
            if (line.Data.Contains("code:", StringComparison.Ordinal))
            {
                product.SetupCode = line.Data[(line.Data.IndexOf("code:", StringComparison.Ordinal) + 5)..].Trim();
            }
        }
        process.OutputDataReceived += Read;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                lock (product.log)
                {
                    product.log.AppendLine(line.Data);
                }
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            product.Address = await address.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellation);
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs another command of the product and answers its exit code and output. <paramref name="input"/> goes to its standard input.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        string root,
        IReadOnlyList<string> arguments,
        CancellationToken cancellation,
        string? input = null
    )
    {
        ProcessStartInfo start = new(Executable(root))
        {
            RedirectStandardInput = input is not null,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using System.Diagnostics.Process process =
            System.Diagnostics.Process.Start(start)
            ?? throw new InvalidOperationException("The product did not start.");
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>A token made by the command line, and a client that carries it.</summary>
    public async Task<HttpClient> ClientAsync(string root, string role, CancellationToken cancellation)
    {
        (int code, string output, string error) = await RunAsync(
            root,
            ["token", "add", "--role", role, "--name", "test", "--data", DataFolder],
            cancellation
        );
        if (code != 0)
        {
            throw new InvalidOperationException($"token add ended with {code}: {error}");
        }
        HttpClient client = new() { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", output.Trim());
        return client;
    }

    /// <summary>Asks the datasets over HTTP and answers the rows.</summary>
    public static async Task<JsonElement> QueryAsync(HttpClient client, string sql, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync("/api/v1/query", new { sql }, cancellation);
        string text = await response.Content.ReadAsStringAsync(cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{(int)response.StatusCode}: {text}");
        }
        return JsonDocument.Parse(text).RootElement.GetProperty("rows");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        if (!process.HasExited)
        {
            using System.Diagnostics.Process kill = System.Diagnostics.Process.Start(
                "kill",
                ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
            );
            await kill.WaitForExitAsync(cancellation);
            await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        }
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }
        process.Dispose();
    }
}
