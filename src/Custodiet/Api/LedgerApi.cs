using System.Text;
using Custodiet.Ledger.Tiles;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Streaming;

namespace Custodiet.Api;

/// <summary>The log as C2SP tiles below <c>/ledger/</c>, and proofs of single records.</summary>
internal static class LedgerApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(
                "/ledger/checkpoint",
                (KeptLedger ledger) => File(ledger, "checkpoint", "text/plain; charset=utf-8")
            )
            .RequireAuthorization(Policies.LedgerRead);
        routes
            .MapGet("/ledger/vkey", (KeptLedger ledger) => File(ledger, "vkey", "text/plain; charset=utf-8"))
            .RequireAuthorization(Policies.LedgerRead);
        routes
            .MapGet(
                "/ledger/tile/{**path}",
                (string path, KeptLedger ledger) => File(ledger, "tile/" + path, "application/octet-stream")
            )
            .RequireAuthorization(Policies.LedgerRead);
        routes
            .MapGet("/api/v1/ledger/records/{record}/proof", ProveAsync)
            .RequireAuthorization(Policies.LedgerRead)
            .WithSummary("The .tlog-proof of a record, by id or index.");
        routes
            .MapGet("/api/v1/ledger/records/{record}/envelope", EnvelopeAsync)
            .RequireAuthorization(Policies.LedgerRead)
            .WithSummary("The canonical envelope of a record: the exact bytes of the ledger's entry.");
    }

    private static IResult File(KeptLedger ledger, string path, string type)
    {
        if (!TilePath.IsServed(path))
        {
            return Results.NotFound();
        }
        string file = Path.Combine(ledger.Log.Folder, path);
        return System.IO.File.Exists(file)
            ? Results.Bytes(System.IO.File.ReadAllBytes(file), type)
            : Results.NotFound();
    }

    private static async Task<IResult> ProveAsync(string record, KeptLedger ledger, CancellationToken cancellation) =>
        await ledger.ProveAsync(record, cancellation) is { } proof
            ? Results.File(Encoding.UTF8.GetBytes(proof), "text/plain; charset=utf-8", $"{record}.tlog-proof")
            : Results.Problem($"There is no record «{record}»: give a record's id or its index.", statusCode: 404);

    private static async Task<IResult> EnvelopeAsync(
        string record,
        KeptLedger ledger,
        CancellationToken cancellation
    ) =>
        await ledger.FindAsync(record, cancellation) is StoredRecord found
            ? Results.Bytes(found.Sealed.Envelope.ToArray(), "application/json")
            : Results.Problem($"There is no record «{record}»: give a record's id or its index.", statusCode: 404);
}
