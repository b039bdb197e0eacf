using System.Globalization;
using System.Text;
using Custodiet.Archive;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Archive;

/// <summary>A folder, a clock that is turned by hand, and the tables that parsers and archive share.</summary>
internal sealed class ArchiveFixture : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    public string Folder { get; } = Directory.CreateTempSubdirectory("custodiet-archive-").FullName;

    public FakeTimeProvider Clock { get; } = new(Start);

    public FieldTable Fields { get; } = new();

    public SourceTable Sources { get; } = new();

    public LogSourceTable LogSources { get; } = new();

    public Action<DiskStep, string>? BeforeStep { get; set; }

    public string ArchiveFolder => Path.Combine(Folder, "archive");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask<ParquetArchive> OpenAsync(ArchiveOptions? options = null) =>
        ParquetArchive.OpenAsync(
            ArchiveFolder,
            Fields,
            Sources,
            LogSources,
            Clock,
            (options ?? new ArchiveOptions()) with
            {
                CompactionInterval = TimeSpan.Zero,
            },
            (step, path) => BeforeStep?.Invoke(step, path),
            Cancellation
        );

    /// <summary>An event with a few fields; the text of all of them follows from the offset.</summary>
    public Event Event(long offset)
    {
        Event item = new();
        item.Clear();
        item.Offset = offset;
        item.ReceivedMicros = EventTime.ToMicros(Start) + (offset * 1000);
        item.EventMicros = item.ReceivedMicros - ((offset % 7) * 500);
        item.Source = Sources.Intern(new SourceKey("windows-sysmon", $"WS-{offset % 3}"));
        item.LogSources = LogSources.Intern([new LogSource("windows", "process_creation", null)]);
        item.Parser = "windows-sysmon";
        item.Raw = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $$"""{"Image":"C:\\p{{offset}}.exe","n":{{offset}}}""")
        );
        Add(item, "Image", $@"C:\p{offset}.exe");
        Add(item, "n", offset.ToString(CultureInfo.InvariantCulture), FieldKind.Number);
        return item;
    }

    public void Add(Event item, string field, string value, FieldKind kind = FieldKind.Text) =>
        item.Add(Fields.Intern(field), Encoding.UTF8.GetBytes(value), kind);

    public Task AppendAsync(ParquetArchive archive, long first, int count) =>
        AppendAsync(archive, [.. Enumerable.Range(0, count).Select(i => Event(first + i))]);

    public static async Task AppendAsync(ParquetArchive archive, params IReadOnlyList<Event> events)
    {
        IArchiveChunk chunk = archive.NewChunk();
        foreach (Event item in events)
        {
            chunk.Add(item);
        }
        await archive.AppendAsync(chunk, Cancellation);
    }

    /// <summary>Appends and writes one segment.</summary>
    public async Task WriteAsync(ParquetArchive archive, long first, int count)
    {
        await AppendAsync(archive, first, count);
        await archive.FlushAsync(Cancellation);
    }

    /// <summary>The answer of a query over the segments' files, a line for each row.</summary>
    public IReadOnlyList<string> Read(string select)
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        string files = $"read_parquet('{ArchiveFolder}/*.parquet')";
        command.CommandText = "SET TimeZone='UTC'";
        command.ExecuteNonQuery();
        command.CommandText =
            $"SELECT CAST(whole_row AS VARCHAR) FROM ({select.Replace("events", files, StringComparison.Ordinal)}) AS whole_row";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }
        return rows;
    }

    public string[] Files() =>
        [
            .. Directory
                .GetFiles(ArchiveFolder, "events-*")
                .Select(f => Path.GetFileName(f)!)
                .Order(StringComparer.Ordinal),
        ];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
