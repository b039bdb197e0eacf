namespace Custodiet.People;

/// <summary>Headers that tell browsers what our pages never do. Set on every answer, also on errors.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    /// <summary>What pages may load: only our own files, and images in data addresses for the style sheet's check marks.</summary>
    public const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Answers, with headers.</summary>
    public Task InvokeAsync(HttpContext http)
    {
        http.Response.OnStarting(
            static state =>
            {
                Apply((HttpContext)state);
                return Task.CompletedTask;
            },
            http
        );
        return next(http);
    }

    private static void Apply(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] =
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)";
        if (headers.CacheControl.Count == 0)
        {
            // What depends on who asks must not stay in a cache that somebody else reads.
            headers.CacheControl = "no-store";
        }
        if (http.Request.IsHttps && !Schemes.IsLoopbackHost(http.Request.Host.Host))
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }
}
