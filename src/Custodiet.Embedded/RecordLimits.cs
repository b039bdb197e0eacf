namespace Custodiet.Embedded;

/// <summary>The bounds of the record store. All are fixed in this version.</summary>
public static class RecordLimits
{
    /// <summary>Appends that may wait for the writer; the next caller waits for room: 1,024.</summary>
    public const int AppendsWaiting = 1_024;

    /// <summary>Appends in one commit at most: 512.</summary>
    public const int AppendsPerCommit = 512;

    /// <summary>Records and findings in one commit, after which the commit takes no further append: 20,000.</summary>
    public const int RowsPerCommit = 20_000;

    /// <summary>Bytes of an envelope at most: 65,535, because the ledger's entry gives its length in two bytes (C2SP tlog-tiles).</summary>
    public const int EnvelopeBytes = 65_535;

    /// <summary>Items of one page or list at most: 1,000; a larger wish is cut to it.</summary>
    public const int PageItems = 1_000;

    /// <summary>Records read at once at most: 10,000; a larger wish is cut to it.</summary>
    public const int RecordsPerRead = 10_000;

    /// <summary>Characters of a filter's text with <c>*</c> at most: 1,000; a longer one matches nothing.</summary>
    public const int FilterCharacters = 1_000;

    /// <summary>Keys of batches kept at most, newest first: 200,000.</summary>
    public const int BatchKeys = 200_000;

    /// <summary>How long keys of batches are kept: 7 days after receipt.</summary>
    public static readonly TimeSpan BatchKeyAge = TimeSpan.FromDays(7);

    /// <summary>How long a statement waits for a lock that another process holds on the file: 5 seconds.</summary>
    public static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    /// <summary>Connections for reading kept open when idle: 8, each with a page cache of at most 24 MB.</summary>
    public const int IdleReaders = 8;
}
