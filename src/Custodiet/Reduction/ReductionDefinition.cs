using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Reduction;

/// <summary>What a reduction takes.</summary>
internal enum ReductionAct
{
    /// <summary>The whole event.</summary>
    DropEvent,

    /// <summary>The whole event, except for one in so many.</summary>
    KeepOneIn,

    /// <summary>The raw bytes; all fields stay.</summary>
    DropRaw,

    /// <summary>Some fields, and the raw bytes, which hold them too.</summary>
    DropFields,
}

/// <summary>A file of <c>reductions/</c>: which events are kept smaller, and how.</summary>
/// <param name="Id">Its id; the archive's column <c>reduced</c> and every count name it.</param>
/// <param name="Priority">Its turn; the first reduction that selects an event decides, lower ones first, then by id.</param>
/// <param name="When">The events.</param>
/// <param name="Act">What it takes.</param>
/// <param name="OneIn">For <see cref="ReductionAct.KeepOneIn"/>: of so many one stays.</param>
/// <param name="Fields">For <see cref="ReductionAct.DropFields"/>: names, a final <c>*</c> for any ending.</param>
/// <param name="InArchive">Whether it applies to the archive.</param>
/// <param name="InRoutes">Whether it applies to routes.</param>
/// <param name="Position">Where it stands.</param>
internal sealed record ReductionDefinition(
    string Id,
    int Priority,
    EventFilter When,
    ReductionAct Act,
    int OneIn,
    IReadOnlyList<string> Fields,
    bool InArchive,
    bool InRoutes,
    TextPosition Position
)
{
    private const int PriorityStandard = 100;
    private const int OneInMax = 1_000_000;
    private const int FieldsMax = 1_000;

    private static readonly string[] places = ["archive", "routes"];

    /// <summary>Whether whole events go.</summary>
    public bool TakesEvents => Act is ReductionAct.DropEvent or ReductionAct.KeepOneIn;

    /// <summary>Reads a file.</summary>
    /// <returns>The reduction, or null when the file has an error.</returns>
    public static ReductionDefinition? Read(SourceText text, List<Problem> problems)
    {
        List<Problem> found = [];
        ReductionDefinition? read = ContentMap.Open(text, "A reduction", "reduction", found) is { } map
            ? Read(map, found)
            : null;
        problems.AddRange(found);
        return found.Any(problem => problem.Level == ProblemLevel.Error) ? null : read;
    }

    private static ReductionDefinition Read(ContentMap map, List<Problem> problems)
    {
        string id = map.Id();
        map.WholeNumber("version", 1);
        map.Optional("description");
        int priority = map.WholeNumber("priority", PriorityStandard);
        if (!map.Has("when"))
        {
            map.Error("missing", "A reduction needs «when»: one for every event is hardly meant.", map.Position);
        }
        EventFilter when = EventFilter.Read(map.Map("when"), problems);
        (ReductionAct act, int oneIn, IReadOnlyList<string> fields) = ReadAct(map);
        HashSet<string> at = [];
        foreach (ScalarNode place in map.Scalars("at"))
        {
            if (!places.Contains(place.Text))
            {
                map.Error("word", $"«{place.Text}» is no place.", place.Position, "archive or routes, or both");
            }
            at.Add(place.Text);
        }
        map.Close();
        bool everywhere = at.Count == 0;
        return new ReductionDefinition(
            id,
            priority,
            when,
            act,
            oneIn,
            fields,
            everywhere || at.Contains("archive"),
            everywhere || at.Contains("routes"),
            map.Position
        );
    }

    private static (ReductionAct, int, IReadOnlyList<string>) ReadAct(ContentMap map)
    {
        int oneIn = map.WholeNumber("keep_one_in", 0);
        Node? drop = map.Find("drop");
        if (drop is null == (map.Find("keep_one_in") is null))
        {
            const string hint = "drop: event, drop: raw, drop: {fields: [NAME…]} or keep_one_in: N";
            map.Error("act", "A reduction says either «drop» or «keep_one_in».", map.Position, hint);
            return default;
        }
        if (drop is null)
        {
            if (oneIn is < 2 or > OneInMax)
            {
                map.Error("size", $"«keep_one_in» must be from 2 to {OneInMax:N0}.", map.Find("keep_one_in")!.Position);
            }
            return (ReductionAct.KeepOneIn, oneIn, []);
        }
        if (drop is ScalarNode)
        {
            ReductionAct act =
                map.OneOf("drop", ["event", "raw"]) == "raw" ? ReductionAct.DropRaw : ReductionAct.DropEvent;
            return (act, 0, []);
        }
        if (map.Map("drop") is not { } inner)
        {
            return default;
        }
        string[] fields = [.. inner.Scalars("fields", required: true, FieldsMax).Select(field => field.Text)];
        inner.Close();
        return (ReductionAct.DropFields, 0, fields);
    }
}
