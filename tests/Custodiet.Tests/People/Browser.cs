using System.Net;
using System.Text.RegularExpressions;

namespace Custodiet.Tests.People;

/// <summary>What a browser without JavaScript does: keeps cookies, fills in forms with their hidden fields, follows nothing by itself.</summary>
internal sealed partial class Browser : IDisposable
{
    private readonly HttpClientHandler handler = new() { AllowAutoRedirect = false };
    private readonly CancellationToken cancellation;

    public Browser(Uri address, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        Client = new HttpClient(handler) { BaseAddress = address };
    }

    public HttpClient Client { get; }

    public CookieContainer Cookies => handler.CookieContainer;

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path, cancellation);

    public Task<string> PageAsync(string path) => Client.GetStringAsync(path, cancellation);

    public Task<HttpResponseMessage> SignInAsync(string name, string password, string path = "/sign-in") =>
        SubmitAsync(path, "sign-in", ("Name", name), ("Password", password));

    /// <summary>Fetches the page, fills in the named form and sends it.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(
        string path,
        string form,
        params (string Name, string Value)[] fields
    ) => await PostAsync(path, [.. Hidden(await PageAsync(path), form), .. fields]);

    /// <summary>Sends fields as they are.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value))
        );
        return await Client.PostAsync(path, content, cancellation);
    }

    /// <summary>The hidden fields of one form.</summary>
    public static IEnumerable<(string Name, string Value)> Hidden(string page, string form)
    {
        string body =
            Forms()
                .Matches(page)
                .Select(match => match.Value)
                .FirstOrDefault(text => text.Contains($"value=\"{form}\""))
            ?? throw new InvalidOperationException($"The page has no form {form}: {page}");
        foreach (
            string input in Inputs().Matches(body).Select(match => match.Value).Where(i => i.Contains("\"hidden\""))
        )
        {
            string name = Names().Match(input).Groups[1].Value;
            if (name.Length > 0)
            {
                yield return (name, WebUtility.HtmlDecode(Values().Match(input).Groups[1].Value));
            }
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        handler.Dispose();
    }

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex Inputs();

    [GeneratedRegex(" name=\"([^\"]*)\"")]
    private static partial Regex Names();

    [GeneratedRegex(" value=\"([^\"]*)\"")]
    private static partial Regex Values();
}
