namespace Custodiet.Records;

/// <summary>Where in a text something stands. Lines and columns count from 1; 0 means the whole file.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">Line from 1.</param>
/// <param name="Column">Column from 1, in characters.</param>
public readonly record struct TextPosition(string File, int Line, int Column)
{
    /// <summary>The form that editors and terminals turn into a link: <c>file:line:column</c>; for the whole file its name alone.</summary>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}

/// <summary>How much a problem matters.</summary>
public enum ProblemLevel
{
    /// <summary>The thing is used, but its author should look.</summary>
    Warning,

    /// <summary>The thing is refused.</summary>
    Error,
}

/// <summary>One thing that is wrong with what a person wrote: bad input is a value, and all of it is reported.</summary>
/// <param name="Level">Whether the thing is refused.</param>
/// <param name="Code">A stable short name such as <c>sigma.modifier.unknown</c>.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Position">Where.</param>
/// <param name="Hint">What to do, if that is known.</param>
public sealed record Problem(
    ProblemLevel Level,
    string Code,
    string Message,
    TextPosition Position,
    string? Hint = null
)
{
    /// <summary>The whole problem on one line.</summary>
    public override string ToString() =>
        $"{Position}: {(Level == ProblemLevel.Error ? "error" : "warning")} {Code}: {Message}{(Hint is null ? "" : $" ({Hint})")}";
}
