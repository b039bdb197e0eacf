using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

[assembly: AssemblyFixture(typeof(Custodiet.BrowserTests.Stage))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

namespace Custodiet.BrowserTests;

/// <summary>One product with the sample company and one browser, for all tests. Without Chromium or a published product every test is skipped.</summary>
public sealed class Stage : IAsyncLifetime
{
    public const string Password = "a passphrase for tests only";

    private const string Chromium = "/usr/bin/chromium";

    // The browser would download this and that at its start; nothing of a test may leave the machine.
    private static readonly string[] browserArguments =
    [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private readonly ConcurrentDictionary<string, string> cookies = new();
    private readonly List<string> setupTrail = [];
    private string? absent;
    private ProductProcess? product;
    private IPlaywright? playwright;
    private IBrowser? browser;
    private string dataFolder = "";

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where the first account's way led, address by address.</summary>
    public IReadOnlyList<string> SetupTrail => setupTrail;

    public Uri Address => Product.Address;

    internal ProductProcess Product
    {
        get
        {
            Assert.SkipWhen(absent is not null, absent ?? "");
            return product!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        absent =
            !File.Exists(Chromium) ? $"Chromium is absent: {Chromium}"
            : !File.Exists(ProductProcess.Executable(Root))
                ? "the product is not published: run ./custodiet --build-only"
            : null;
        if (absent is not null)
        {
            return;
        }
        dataFolder = Directory.CreateTempSubdirectory("custodiet-browser-").FullName;
        // One route that sends and one whose destination is not there, so that the start page shows both.
        string content = Path.Combine(dataFolder, "content");
        string routes = Directory.CreateDirectory(Path.Combine(content, "routes")).FullName;
        File.WriteAllText(
            Path.Combine(routes, "kept.yml"),
            "id: kept\nsend: findings\nto: {file: {path: findings.jsonl}}\n"
        );
        File.WriteAllText(
            Path.Combine(routes, "away.yml"),
            "id: away\nsend: findings\nto: {http: {url: 'http://127.0.0.1:9/findings'}}\n"
        );
        Task<ProductProcess> starting = ProductProcess.StartAsync(
            Root,
            dataFolder,
            ["--sample", "--sample-days", "2", "--content", content],
            TestContext.Current.CancellationToken
        );
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = Chromium,
                Headless = true,
                Args = browserArguments,
            }
        );
        product = await starting;
        await EventuallyAsync(
            () => Task.FromResult(product.SetupCode is not null),
            "the product prints the one-time code"
        );
        await MakeFirstAccountAsync();
        foreach ((string name, string role) in Person.Others)
        {
            (int code, _, string error) = await ProductProcess.RunAsync(
                Root,
                ["user", "add", name, "--role", role, "--password-stdin", "--data", dataFolder],
                TestContext.Current.CancellationToken,
                Password + "\n"
            );
            Assert.True(code == 0, error);
        }
        await EventuallyAsync(
            () => Task.FromResult(product.Log.Contains("has caught up", StringComparison.Ordinal)),
            "the sample has been played"
        );
    }

    /// <summary>A person's own browser window. What it complained about fails the test: policy violations, script errors, console errors.</summary>
    /// <param name="person">Who is signed in; null for nobody.</param>
    /// <param name="act">What is done.</param>
    /// <param name="width">Window width in pixels.</param>
    /// <param name="expected">Part of console errors that the test causes on purpose.</param>
    /// <param name="script">Whether JavaScript runs.</param>
    /// <param name="address">Another product than the one of all tests.</param>
    public async Task VisitAsync(
        string? person,
        Func<IPage, Task> act,
        int width = 1280,
        string? expected = null,
        bool script = true,
        Uri? address = null
    )
    {
        ArgumentNullException.ThrowIfNull(act);
        string? state = person is null ? null : await CookiesAsync(person);
        ConcurrentQueue<string> complaints = new();
        IBrowserContext context = await NewContextAsync(state, width, script, complaints, address);
        await using (context.ConfigureAwait(false))
        {
            IPage page = await context.NewPageAsync();
            try
            {
                await act(page);
            }
            catch (Exception failure) when (failure is TimeoutException or PlaywrightException)
            {
                throw new InvalidOperationException(
                    $"{failure.Message} The page is {page.Url}, with «{await FocusAsync(page)}» under the keyboard. It complained: {string.Join("; ", complaints)}.",
                    failure
                );
            }
        }
        Assert.DoesNotContain(complaints, c => expected is null || !c.Contains(expected, StringComparison.Ordinal));
    }

    private static async Task<string> FocusAsync(IPage page) =>
        await page.EvaluateAsync<string>("() => document.activeElement?.outerHTML.slice(0, 200) ?? ''");

    /// <summary>Asks the datasets by the command line on the running product; the rows as objects.</summary>
    public async Task<JsonElement> QueryAsync(string sql) =>
        JsonElement.Parse(await CommandAsync(["query", sql, "--format", "json"]));

    /// <summary>Runs a command on the running product and answers what it prints; it must succeed.</summary>
    public async Task<string> CommandAsync(IReadOnlyList<string> arguments, string? input = null)
    {
        (int code, string output, string error) = await ProductProcess.RunAsync(
            Root,
            [.. arguments, "--data", Product.DataFolder],
            TestContext.Current.CancellationToken,
            input
        );
        Assert.True(code == 0, error);
        return output;
    }

    /// <summary>Sends an event that a starter rule finds, about a host of its own.</summary>
    public async Task SendSuspiciousEventAsync(string host)
    {
        using HttpClient client = await Product.ClientAsync(Root, "engineer", TestContext.Current.CancellationToken);
        string line =
            $$"""{"@timestamp":"2026-03-02T08:00:00Z","host":"{{host}}","product":"windows","category":"process_creation","Image":"C:\\Windows\\System32\\reg.exe","CommandLine":"reg.exe save HKLM\\SAM C:\\Temp\\s.hiv","User":"CORP\\eve"}""";
        using StringContent content = new(line);
        using HttpResponseMessage response = await client.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        response.EnsureSuccessStatusCode();
    }

    /// <summary>The number of the alert about a host, as soon as it is raised.</summary>
    public async Task<long> AlertAboutAsync(string host)
    {
        long number = 0;
        await EventuallyAsync(
            async () =>
            {
                JsonElement rows = await QueryAsync($"SELECT number FROM alerts WHERE entity_name = '{host}'");
                number = rows.GetArrayLength() > 0 ? rows[0].GetProperty("number").GetInt64() : 0;
                return number > 0;
            },
            $"the alert about {host} is raised"
        );
        return number;
    }

    /// <summary>Asks again until it holds; fails after 30 seconds with what was waited for.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        ArgumentNullException.ThrowIfNull(holds);
        for (int attempt = 0; attempt < 300; attempt++)
        {
            if (await holds())
            {
                return;
            }
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"It did not happen within 30 seconds: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }
        playwright?.Dispose();
        if (product is not null)
        {
            await product.DisposeAsync();
            Directory.Delete(dataFolder, recursive: true);
        }
    }

    /// <summary>As the terminal says: open the address, enter the code, postpone the authenticator.</summary>
    private async Task MakeFirstAccountAsync()
    {
        ConcurrentQueue<string> complaints = new();
        IBrowserContext context = await NewContextAsync(null, 1280, script: true, complaints);
        await using (context.ConfigureAwait(false))
        {
            IPage page = await context.NewPageAsync();
            page.FrameNavigated += (_, frame) => setupTrail.Add(new Uri(frame.Url).PathAndQuery);
            await page.GotoAsync("/");
            await page.FillAsync("#code", product!.SetupCode!);
            await page.FillAsync("#name", Person.Ada);
            await page.FillAsync("#password", Password);
            await page.FillAsync("#again", Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Later" }).ClickAsync();
            await page.WaitForURLAsync("/");
            cookies[Person.Ada] = await context.StorageStateAsync();
        }
        Assert.Empty(complaints);
    }

    // Signed in once per person: attempts are limited per minute, and hashing a password costs.
    private async Task<string> CookiesAsync(string person)
    {
        _ = Product;
        if (cookies.TryGetValue(person, out string? known))
        {
            return known;
        }
        ConcurrentQueue<string> complaints = new();
        IBrowserContext context = await NewContextAsync(null, 1280, script: true, complaints);
        await using (context.ConfigureAwait(false))
        {
            IPage page = await context.NewPageAsync();
            await SignIn.WithPasswordAsync(page, person);
            await page.WaitForURLAsync("/");
            return cookies[person] = await context.StorageStateAsync();
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes of the context.")]
    private async Task<IBrowserContext> NewContextAsync(
        string? state,
        int width,
        bool script,
        ConcurrentQueue<string> complaints,
        Uri? address = null
    )
    {
        IBrowserContext context = await browser!.NewContextAsync(
            new()
            {
                BaseURL = (address ?? Product.Address).ToString(),
                ViewportSize = new() { Width = width, Height = 800 },
                StorageState = state,
                JavaScriptEnabled = script,
                ColorScheme = ColorScheme.Light,
                ReducedMotion = ReducedMotion.Reduce,
                AcceptDownloads = true,
                TimezoneId = "UTC",
            }
        );
        context.SetDefaultTimeout(20_000);
        await context.AddInitScriptAsync(
            "document.addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));"
        );
        context.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                complaints.Enqueue($"{message.Page?.Url}: {message.Text}");
            }
        };
        context.WebError += (_, error) => complaints.Enqueue($"{error.Page?.Url}: {error.Error}");
        return context;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Custodiet.slnx")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("Custodiet.slnx was not found above the tests.");
    }
}
