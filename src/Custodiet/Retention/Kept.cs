namespace Custodiet.Retention;

/// <summary>What became of a hold or an erasure that somebody asked for.</summary>
/// <typeparam name="T">What it gave.</typeparam>
internal abstract record Kept<T>
{
    private Kept() { }

    /// <summary>It is done and recorded.</summary>
    public sealed record Done(T Value) : Kept<T>;

    /// <summary>It cannot be done as asked.</summary>
    public sealed record Invalid(string Problem) : Kept<T>;

    /// <summary>It cannot be done now.</summary>
    public sealed record Refused(string Reason) : Kept<T>;
}
