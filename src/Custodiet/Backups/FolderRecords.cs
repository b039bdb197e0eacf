using System.Globalization;
using Custodiet.Embedded;
using Custodiet.Records;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Streaming;

namespace Custodiet.Backups;

/// <summary>Records of what happened to the data folder while no record could be written: a change of format, a restore.</summary>
internal static class FolderRecords
{
    /// <summary>The stream of these records.</summary>
    public const string Stream = "data-folder";

    /// <summary>The stream of records about backups.</summary>
    public const string BackupStream = "backups";

    private const int ReadMax = 1_000;

    /// <summary>Records what is not recorded yet, once, whatever crash came between; answers what whoever starts the product should know.</summary>
    public static async Task<IReadOnlyList<string>> AppendAsync(
        DataFolder folder,
        IRecordStore records,
        KeptLedger ledger,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        List<string> remarks = [];
        if (ledger.Restored is { } mark)
        {
            long? lost = await ledger.LostAsync(mark, cancellation);
            if (await RecordedAsync(new FolderRestored(mark.Backup, lost), records, time, cancellation))
            {
                RestoreMark.Remove(folder.Root);
            }
            remarks.Add(Sentence(mark.Backup, lost));
            remarks.Add(
                $"ledger: it goes on as {ledger.Log.State.Origin}, with a key of its own; whoever verifies it needs this line: {ledger.Log.Verifier.Text}"
            );
        }
        if (folder.Change is { } change)
        {
            FolderMigrated body = new(change.From, change.To, Flow.Version);
            if (await RecordedAsync(body, records, time, cancellation))
            {
                folder.ChangeRecorded();
            }
            remarks.Add($"data folder: brought from format {change.From} to {change.To}");
        }
        return remarks;
    }

    private static string Sentence(BackupReference backup, long? lost)
    {
        string missing = lost switch
        {
            null => "",
            0 => "; no checkpoint outside has more records",
            _ => $"; by a checkpoint outside, {Counted.Of(lost.Value, "record is", "records are")} missing",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"data folder: restored from backup {backup.Name} of {backup.MadeAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, {Counted.Of(backup.Size, "record")} under its checkpoint. What was acknowledged after that is not here{missing}."
        );
    }

    private static async Task<bool> RecordedAsync(
        RecordBody body,
        IRecordStore records,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<StoredRecord> known = await records.ReadStreamAsync(Stream, ReadMax, cancellation);
        // A crash between the record and the end of its mark: the newest record says the same.
        if (known.Count > 0 && SaysTheSame(RecordBodyJson.Deserialize(known[^1].Sealed.Body.Span), body))
        {
            return true;
        }
        RecordDraft draft = new(body, Stream, ActorId.Service, time.GetUtcNow());
        return await records.AppendAsync(new AppendRequest { Drafts = [draft] }, cancellation)
            is AppendOutcome.Appended;
    }

    private static bool SaysTheSame(RecordBody known, RecordBody body) =>
        (known, body) switch
        {
            (FolderRestored one, FolderRestored other) => one.Backup.Sha256 == other.Backup.Sha256,
            _ => known == body,
        };
}
