using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Sources;

/// <summary>What people know of some sources.</summary>
/// <param name="Name">What they call them; records of deletion name it.</param>
/// <param name="Sources">Which sources.</param>
/// <param name="Unparsed">Only their events that no parser read (true), only others (false), or both (null).</param>
/// <param name="Criticality">How much depends on them, or null where this declaration does not say.</param>
/// <param name="Keep">How long their events are kept from receipt on, or null where this declaration does not say.</param>
/// <param name="BytesMax">Bytes as received that their events may have in the archive together, or null.</param>
/// <param name="Position">Where it stands.</param>
public sealed record SourceDeclaration(
    string Name,
    SourcePattern Sources,
    bool? Unparsed,
    Criticality? Criticality,
    TimeSpan? Keep,
    long? BytesMax,
    TextPosition Position
);
