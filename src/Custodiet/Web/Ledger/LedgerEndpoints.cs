using System.Globalization;
using System.Text;
using Custodiet.Ledger;
using Custodiet.Ledger.Verification;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Ledger;

/// <summary>Finding a record and taking its proof away.</summary>
internal static class LedgerEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/ledger/find", FindAsync).RequireAuthorization(Policies.Read);
        group.MapGet("/ledger/{index:long}/proof", ProofAsync).RequireAuthorization(Policies.LedgerRead);
    }

    private static async Task<IResult> FindAsync(string? id, IRecordStore records, CancellationToken cancellation)
    {
        string text = (id ?? "").Trim().Replace(",", "", StringComparison.Ordinal);
        if (
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            && index < records.Count
        )
        {
            return TypedResults.LocalRedirect($"/ledger/{index}");
        }
        StoredRecord? found = Guid.TryParse(text, out Guid name)
            ? await records.FindAsync(new RecordId(name), cancellation)
            : null;
        return TypedResults.LocalRedirect(
            found is null ? $"/ledger?missing={Uri.EscapeDataString(text)}" : $"/ledger/{found.Index}"
        );
    }

    private static async Task<IResult> ProofAsync(
        long index,
        TileLog log,
        IRecordStore records,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<StoredRecord> read = index < 0 ? [] : await records.ReadAsync(index, 1, cancellation);
        if (read.Count == 0 || await log.ProveAsync(index, cancellation) is not { } proof)
        {
            return TypedResults.Text(
                "There is no such record, or no checkpoint covers it yet: one is signed within a second.",
                "text/plain; charset=utf-8",
                statusCode: StatusCodes.Status404NotFound
            );
        }
        LedgerProof whole = proof with { Extra = read[0].Sealed.Envelope.ToArray() };
        return TypedResults.Bytes(
            Encoding.UTF8.GetBytes(whole.ToText()),
            "text/plain; charset=utf-8",
            $"record-{index}.tlog-proof"
        );
    }
}
