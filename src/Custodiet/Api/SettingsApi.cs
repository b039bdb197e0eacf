using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Api;

/// <summary>The settings in force, and the encrypted secrets: for whoever has a shell as the service's user, over the Unix socket.</summary>
internal static class SettingsApi
{
    private const string Stream = "secrets";

    public static void Map(IEndpointRouteBuilder routes, Settings settings)
    {
        routes
            .MapGet("/api/v1/settings", () => Results.Json(SettingsView.Of(settings), Output.Json))
            .RequireAuthorization(Policies.Administer)
            .AddEndpointFilter(ConsoleOnlyAsync)
            .WithSummary("Every setting with its value in force; no secret is among them.");
        RouteGroupBuilder secrets = routes
            .MapGroup("/api/v1/secrets")
            .RequireAuthorization(Policies.Administer)
            .AddEndpointFilter(ConsoleOnlyAsync);
        secrets.MapGet("/", () => Telling(() => Results.Json(settings.SecretStore.List(), Output.Json)));
        secrets.MapPut("/{name}", (string name, HttpContext http, Flow flow) => SetAsync(name, http, flow, settings));
        secrets.MapDelete(
            "/{name}",
            (string name, Flow flow, CancellationToken cancellation) =>
                TellingAsync(() => RemoveAsync(name, flow, settings.SecretStore, cancellation))
        );
    }

    /// <summary>Records that a secret is set, then sets it.</summary>
    /// <exception cref="SecretException">It cannot be set, or its record was refused.</exception>
    public static async Task SetAsync(
        string name,
        ReadOnlyMemory<byte> value,
        Flow flow,
        SecretStore store,
        CancellationToken cancellation
    )
    {
        store.CheckSet(name, value.Span);
        await RecordAsync(new SecretChanged(name, "set"), flow, cancellation);
        store.Set(name, value.Span, flow.Time.GetUtcNow());
    }

    /// <summary>Records that a secret is removed, then removes it.</summary>
    /// <exception cref="SecretException">There is none of this name, or its record was refused.</exception>
    public static async Task RemoveAsync(string name, Flow flow, SecretStore store, CancellationToken cancellation)
    {
        if (store.List().All(s => s.Name != name))
        {
            throw new SecretException($"There is no secret «{name}» in the data folder.");
        }
        await RecordAsync(new SecretChanged(name, "removed"), flow, cancellation);
        store.Remove(name);
    }

    private static async Task RecordAsync(SecretChanged body, Flow flow, CancellationToken cancellation)
    {
        RecordDraft draft = new(body, Stream, ActorId.Console, flow.Time.GetUtcNow());
        AppendOutcome outcome = await flow.Records.AppendAsync(new AppendRequest { Drafts = [draft] }, cancellation);
        if (outcome is AppendOutcome.Refused refused)
        {
            throw new SecretException(refused.Reason);
        }
    }

    private static Task<IResult> SetAsync(string name, HttpContext http, Flow flow, Settings settings) =>
        TellingAsync(async () =>
        {
            byte[] buffer = new byte[SecretReference.BytesMax + 1];
            int length = await http.Request.Body.ReadAtLeastAsync(
                buffer,
                buffer.Length,
                throwOnEndOfStream: false,
                http.RequestAborted
            );
            await SetAsync(name, buffer.AsMemory(0, length), flow, settings.SecretStore, http.RequestAborted);
        });

    private static async Task<IResult> TellingAsync(Func<Task> act)
    {
        try
        {
            await act();
            return Results.NoContent();
        }
        catch (SecretException refused)
        {
            return Results.Problem(refused.Message, statusCode: 422);
        }
    }

    private static IResult Telling(Func<IResult> act)
    {
        try
        {
            return act();
        }
        catch (SecretException refused)
        {
            return Results.Problem(refused.Message, statusCode: 422);
        }
    }

    // A secret does not cross a network, whatever the token may do.
    private static async ValueTask<object?> ConsoleOnlyAsync(
        EndpointFilterInvocationContext context,
        EndpointFilterDelegate next
    ) =>
        Schemes.IsConsolePeer(context.HttpContext)
            ? await next(context)
            : Results.Problem(
                "This is answered over the server's Unix socket only: run the command on the server's machine.",
                statusCode: 403
            );
}
