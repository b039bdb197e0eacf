using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>One caller's work on its way through the writer.</summary>
internal sealed class WriteItem(
    Func<RecordAppender, AppendOutcome> work,
    int rows,
    bool refusable,
    bool overwrite,
    CancellationToken cancellation
)
{
    private readonly TaskCompletionSource<AppendOutcome> answer = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public Func<RecordAppender, AppendOutcome> Work => work;

    public int Rows => rows;

    public bool Refusable => refusable;

    public bool Overwrite => overwrite;

    public AppendOutcome? Outcome { get; set; }

    public Exception? Failure { get; set; }

    public Task<AppendOutcome> Answer => answer.Task;

    public bool Withdrawn => cancellation.IsCancellationRequested;

    public void Withdraw() => answer.TrySetCanceled(cancellation);

    /// <summary>Gives the caller what the attempt gave.</summary>
    public void Complete()
    {
        if (Failure is not null)
        {
            answer.TrySetException(Failure);
        }
        else
        {
            answer.TrySetResult(Outcome!);
        }
    }

    public void Complete(AppendOutcome outcome) => answer.TrySetResult(outcome);

    public void Fail(Exception e) => answer.TrySetException(e);
}
