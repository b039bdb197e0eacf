using Custodiet.Records.Judgement;

namespace Custodiet.Process.Definitions;

/// <summary>The definitions in use: for each process the newest version to start runs with, and every version that runs are pinned to.</summary>
public sealed class ProcessLibrary
{
    /// <summary>The id of the process that judges alerts.</summary>
    public const string Triage = "triage";

    private readonly Dictionary<string, ProcessDefinition> byDigest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProcessDefinition> current = new(StringComparer.Ordinal);

    /// <summary>Collects definitions; of one id the highest version is current.</summary>
    public ProcessLibrary(IEnumerable<ProcessDefinition> definitions)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        foreach (ProcessDefinition definition in definitions)
        {
            byDigest[definition.Reference.Digest] = definition;
            if (
                !current.TryGetValue(definition.Reference.Id, out ProcessDefinition? other)
                || SemanticVersion.Compare(definition.Reference.Version, other.Reference.Version) > 0
            )
            {
                current[definition.Reference.Id] = definition;
            }
        }
    }

    /// <summary>The current definitions.</summary>
    public IReadOnlyCollection<ProcessDefinition> Current => current.Values;

    /// <summary>The definition that new runs of a process get, or null.</summary>
    public ProcessDefinition? Find(string id) => current.GetValueOrDefault(id);

    /// <summary>The very version that a run is pinned to, or null when it is not loaded.</summary>
    public ProcessDefinition? Find(ProcessReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return byDigest.GetValueOrDefault(reference.Digest);
    }
}
