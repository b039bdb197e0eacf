using Custodiet.Records.People;

namespace Custodiet.Embedded.Reading;

/// <summary>Which cases a viewer may see, as SQL: the same rule as <see cref="Viewer.MaySee"/>, where the rows are.</summary>
internal static class Visibility
{
    /// <summary>A condition on a column that holds a case's id or null; a part of no case is open to all.</summary>
    /// <param name="viewer">Who reads.</param>
    /// <param name="column">The column, a literal of this project.</param>
    /// <param name="actor">Adds the viewer's pseudonym to the parameters and gives its name.</param>
    public static string OfCase(Viewer viewer, string column, Func<object?, string> actor)
    {
        if (viewer.Actor == ActorId.Service)
        {
            return "1";
        }
        return $"({column} IS NULL OR NOT EXISTS (SELECT 1 FROM restriction WHERE restriction.case_id = {column}) "
            + $"OR EXISTS (SELECT 1 FROM restriction WHERE restriction.case_id = {column} AND restriction.actor = {actor(viewer.Actor.Value ?? "")}))";
    }

    /// <summary>A condition on rows of <c>run</c>: its case and every alert it is about must be visible.</summary>
    public static string OfRun(Viewer viewer, Func<object?, string> actor)
    {
        if (viewer.Actor == ActorId.Service)
        {
            return "1";
        }
        string member = OfCase(viewer, "alert.case_id", actor);
        return $"({OfCase(viewer, "run.case_id", actor)} AND NOT EXISTS (SELECT 1 FROM run_alert JOIN alert ON alert.id = run_alert.alert_id "
            + $"WHERE run_alert.run_id = run.id AND NOT {member}))";
    }
}

/// <summary>Values of a statement that is put together from parts.</summary>
internal sealed class Values
{
    private readonly List<object?> values = [];

    /// <summary>Adds a value and gives the parameter that stands for it.</summary>
    public string Add(object? value)
    {
        values.Add(value);
        return $"${values.Count}";
    }

    /// <summary>All values, in the order of their parameters.</summary>
    public object?[] ToArray() => [.. values];
}
