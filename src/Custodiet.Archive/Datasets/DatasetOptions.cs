namespace Custodiet.Archive;

/// <summary>Limits of the datasets. A limit that cuts an answer is named in it.</summary>
public sealed record DatasetOptions
{
    /// <summary>Memory of all queries together: 192 MiB. Sorting and grouping beyond it go to disk.</summary>
    public int MemoryMegabytes { get; init; } = 192;

    /// <summary>Disk that queries may use for it: 4 GiB.</summary>
    public int TemporaryDiskMegabytes { get; init; } = 4096;

    /// <summary>Threads of all queries together: 2.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Queries that run at once: 2. Others wait, within their own time limit.</summary>
    public int ConcurrentQueries { get; init; } = 2;

    /// <summary>Characters of one query: 65,536.</summary>
    public int QueryCharactersMax { get; init; } = 65_536;

    /// <summary>Bytes of one text or binary value in an answer: 65,536. Longer ones are cut.</summary>
    public int CellBytesMax { get; init; } = 65_536;

    /// <summary>Bytes of all text and binary values of one answer: 64 MiB. Rows beyond it are left out.</summary>
    public long AnswerBytesMax { get; init; } = 64L << 20;

    /// <summary>Records or findings read from the store at once: 1,000.</summary>
    public int ReadBatch { get; init; } = 1_000;
}
