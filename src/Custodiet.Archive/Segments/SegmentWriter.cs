using ParquetSharp;
using ParquetSharp.Schema;

namespace Custodiet.Archive;

/// <summary>
/// Writes chunks as one Parquet file, column by column and chunk after chunk: values go from the chunk's memory to the
/// encoder without a string or a copy between. One thread at a time.
/// </summary>
internal sealed class SegmentWriter(SegmentText text)
{
    private const int RowGroupRows = 65_536;
    private const int PieceRows = 4_096;
    private const int MapPieceFields = 32_768;

    private long[] numbers = new long[PieceRows];
    private ByteArray[] bytes = new ByteArray[PieceRows];
    private short[] definitions = new short[PieceRows];
    private short[] repetitions = new short[PieceRows];

    /// <summary>Writes the file to a stream, which stays open.</summary>
    public void Write(Stream stream, IReadOnlyList<ArchiveChunk> chunks)
    {
        using GroupNode schema = SegmentSchema.Create();
        using WriterProperties properties = SegmentSchema.Properties();
        Dictionary<string, string> metadata = new() { ["custodiet.segment"] = SegmentSchema.Version };
        using ParquetFileWriter writer = new(stream, schema, properties, metadata, leaveOpen: true);
        int first = 0;
        while (first < chunks.Count)
        {
            int next = first;
            for (int rows = 0; next < chunks.Count && rows < RowGroupRows; next++)
            {
                rows += chunks[next].Count;
            }
            WriteGroup(writer, chunks, first, next);
            first = next;
        }
        writer.Close();
    }

    /// <summary>Frees the names it has made.</summary>
    public void Free() => text.Free();

    private void WriteGroup(ParquetFileWriter writer, IReadOnlyList<ArchiveChunk> chunks, int first, int next)
    {
        using RowGroupWriter group = writer.AppendRowGroup();
        WriteNumbers(group, chunks, first, next, static (in ChunkRow row) => row.Offset);
        WriteNumbers(group, chunks, first, next, static (in ChunkRow row) => row.ReceivedMicros);
        WriteNumbers(group, chunks, first, next, static (in ChunkRow row) => row.EventMicros);
        WriteTexts(group, chunks, first, next, (in ChunkRow row) => text.Source(row.Source).Technology);
        WriteTexts(group, chunks, first, next, (in ChunkRow row) => text.Source(row.Source).Sensor);
        WriteTexts(group, chunks, first, next, (in ChunkRow row) => text.Text(row.Parser));
        WriteTexts(group, chunks, first, next, (in ChunkRow row) => text.LogSources(row.LogSources));
        WriteTexts(
            group,
            chunks,
            first,
            next,
            (in ChunkRow row) =>
                row.Unparsed == Records.Events.UnparsedReason.None ? null : text.Text(SegmentText.NameOf(row.Unparsed))
        );
        WriteTexts(
            group,
            chunks,
            first,
            next,
            static (in ChunkRow row) => row.HasRaw && row.RawIsText ? Raw(row) : null
        );
        WriteTexts(
            group,
            chunks,
            first,
            next,
            static (in ChunkRow row) => row.HasRaw && !row.RawIsText ? Raw(row) : null
        );
        WriteMap(group, chunks, first, next, keys: true);
        WriteMap(group, chunks, first, next, keys: false);
        WriteNumbers(group, chunks, first, next, static (in ChunkRow row) => row.ReceivedBytes);
        WriteTexts(
            group,
            chunks,
            first,
            next,
            (in ChunkRow row) => row.ReducedBy is null ? null : text.Text(row.ReducedBy)
        );
        group.Close();
    }

    private static ByteArray? Raw(in ChunkRow row) => new ByteArray(row.Raw, row.RawLength);

    private delegate long NumberOf(in ChunkRow row);

    private void WriteNumbers(
        RowGroupWriter group,
        IReadOnlyList<ArchiveChunk> chunks,
        int first,
        int next,
        NumberOf number
    )
    {
        using ColumnWriter<long> column = (ColumnWriter<long>)group.NextColumn();
        for (int c = first; c < next; c++)
        {
            ReadOnlySpan<ChunkRow> rows = chunks[c].Rows;
            for (int start = 0; start < rows.Length; start += PieceRows)
            {
                ReadOnlySpan<ChunkRow> piece = rows.Slice(start, Math.Min(PieceRows, rows.Length - start));
                for (int i = 0; i < piece.Length; i++)
                {
                    numbers[i] = number(piece[i]);
                }
                column.WriteBatch(numbers.AsSpan(0, piece.Length));
            }
        }
    }

    private delegate ByteArray? TextOf(in ChunkRow row);

    private void WriteTexts(
        RowGroupWriter group,
        IReadOnlyList<ArchiveChunk> chunks,
        int first,
        int next,
        TextOf textOf
    )
    {
        using ColumnWriter<ByteArray> column = (ColumnWriter<ByteArray>)group.NextColumn();
        bool optional = column.ColumnDescriptor.MaxDefinitionLevel > 0;
        for (int c = first; c < next; c++)
        {
            ReadOnlySpan<ChunkRow> rows = chunks[c].Rows;
            for (int start = 0; start < rows.Length; start += PieceRows)
            {
                ReadOnlySpan<ChunkRow> piece = rows.Slice(start, Math.Min(PieceRows, rows.Length - start));
                int present = 0;
                for (int i = 0; i < piece.Length; i++)
                {
                    ByteArray? value = textOf(piece[i]);
                    definitions[i] = (short)(value is null ? 0 : 1);
                    bytes[present] = value.GetValueOrDefault();
                    present += value is null ? 0 : 1;
                }
                ReadOnlySpan<short> levels = optional ? definitions.AsSpan(0, piece.Length) : default;
                column.WriteBatch(piece.Length, levels, default, bytes.AsSpan(0, present));
            }
        }
    }

    // Levels as Parquet defines them for MAP: repetition 0 begins an event's map; definition 0 is an empty map, 1 a key
    // (whose value is null), 2 a key with a value.
    private void WriteMap(RowGroupWriter group, IReadOnlyList<ArchiveChunk> chunks, int first, int next, bool keys)
    {
        using ColumnWriter<ByteArray> column = (ColumnWriter<ByteArray>)group.NextColumn();
        for (int c = first; c < next; c++)
        {
            ReadOnlySpan<ChunkRow> rows = chunks[c].Rows;
            ReadOnlySpan<ChunkField> fields = chunks[c].Fields;
            while (rows.Length > 0)
            {
                int taken = PieceOf(rows, out int count);
                WriteMapPiece(column, rows[..taken], fields[..count], keys);
                rows = rows[taken..];
                fields = fields[count..];
            }
        }
    }

    // A piece holds whole events only: the writer must not end a batch within a map.
    private int PieceOf(ReadOnlySpan<ChunkRow> rows, out int fields)
    {
        int taken = 0;
        int levels = 0;
        fields = 0;
        while (taken < rows.Length && (taken == 0 || levels < MapPieceFields))
        {
            fields += rows[taken].FieldCount;
            levels += Math.Max(1, rows[taken].FieldCount);
            taken++;
        }
        if (levels > definitions.Length)
        {
            definitions = new short[levels * 2];
            repetitions = new short[levels * 2];
            bytes = new ByteArray[levels * 2];
        }
        return taken;
    }

    private void WriteMapPiece(
        ColumnWriter<ByteArray> column,
        ReadOnlySpan<ChunkRow> rows,
        ReadOnlySpan<ChunkField> fields,
        bool keys
    )
    {
        int level = 0;
        int present = 0;
        int at = 0;
        foreach (ref readonly ChunkRow row in rows)
        {
            if (row.FieldCount == 0)
            {
                definitions[level] = 0;
                repetitions[level++] = 0;
                continue;
            }
            for (int end = at + row.FieldCount, start = at; at < end; at++)
            {
                ref readonly ChunkField field = ref fields[at];
                repetitions[level] = (short)(at == start ? 0 : 1);
                if (keys)
                {
                    definitions[level++] = 1;
                    bytes[present++] = text.Field(field.Field);
                }
                else
                {
                    definitions[level++] = (short)(field.Length < 0 ? 1 : 2);
                    if (field.Length >= 0)
                    {
                        bytes[present++] = new ByteArray(field.Value, field.Length);
                    }
                }
            }
        }
        column.WriteBatch(level, definitions.AsSpan(0, level), repetitions.AsSpan(0, level), bytes.AsSpan(0, present));
    }
}
