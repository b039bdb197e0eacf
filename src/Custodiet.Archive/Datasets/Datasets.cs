using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>The documented views over events and records, in DuckDB.</summary>
public sealed class Datasets : IDatasets
{
    /// <summary>The version of the views: it grows when a view's columns change.</summary>
    public const int Version = 1;

    private Datasets() { }

    /// <summary>Opens the datasets in a folder of their own; a missing or unusable file is built again from the records.</summary>
    public static ValueTask<Datasets> OpenAsync(
        string folder,
        ParquetArchive archive,
        IRecordStore records,
        ITotalsStore totals,
        TimeProvider clock,
        DatasetOptions? options = null,
        CancellationToken cancellation = default
    ) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<QueryOutcome> QueryAsync(
        string sql,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<QueryOutcome> ExportParquetAsync(
        string sql,
        string file,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
