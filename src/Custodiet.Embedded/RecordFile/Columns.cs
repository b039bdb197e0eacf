using System.Text.Json;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.RecordFile;

/// <summary>How values stand in columns: ids as 16 bytes in network order, times as UTC ticks of 100 ns, lists as JSON.</summary>
internal static class Columns
{
    public static byte[] Blob(this Guid id) => id.ToByteArray(bigEndian: true);

    public static string Json<T>(T value) => JsonSerializer.Serialize(value, RecordBodyJson.Options);

    public static T Parse<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, RecordBodyJson.Options)
        ?? throw new InvalidDataException($"A stored {typeof(T).Name} is null.");

    /// <summary>The form in which names are compared where case does not count.</summary>
    public static string Fold(string text) => text.ToUpperInvariant();

    public static Guid Id(this SqliteDataReader row, int column) =>
        new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    public static Guid? IdOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Id(column);

    public static DateTimeOffset Time(this SqliteDataReader row, int column) =>
        new(row.GetInt64(column), TimeSpan.Zero);

    public static DateTimeOffset? TimeOrNull(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.Time(column);

    public static string? TextOrNull(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static ActorId? ActorOrNull(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : new ActorId(row.GetString(column));

    public static byte[] BytesOrEmpty(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? [] : row.GetFieldValue<byte[]>(column);
}
