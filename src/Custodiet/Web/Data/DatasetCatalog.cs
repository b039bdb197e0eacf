using System.Collections.Concurrent;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Data;

/// <summary>The views that can be asked, with a sentence each and their columns as the datasets themselves name them.</summary>
internal sealed class DatasetCatalog(IDatasets datasets)
{
    /// <summary>Views and what they hold, in the order of the path of an event.</summary>
    public static readonly IReadOnlyList<(string Name, string What)> Views =
    [
        ("events", "every event received, parsed or not, with its raw text"),
        ("findings", "what rules and other tools found"),
        ("alerts", "findings grouped for judgement, as they stand"),
        ("cases", "investigations as they stand"),
        ("answers", "every answer given in a run, superseded ones too"),
        ("verdicts", "every decision on every alert, superseded ones too"),
        ("sources", "where events came from"),
        ("stages", "what each stage received and what became of it"),
        ("balance", "what became of events in each minute and hour, and whether the sums hold"),
        ("segments", "files of the archive with their digests"),
        ("shedding", "events of senders that cannot wait and were not taken"),
        ("deletions", "events that left the archive, and why"),
        ("holds", "legal holds, lifted ones too"),
        ("erasures", "erasures of a person's data"),
        ("records", "envelopes of the ledger"),
        ("sign_ins", "who signed in or tried to, when, how, from where"),
        ("dataset_version", "version of these views and the ledger size they reflect"),
    ];

    private static readonly QueryLimits limits = new(1, TimeSpan.FromSeconds(5));
    private readonly ConcurrentDictionary<string, IReadOnlyList<ResultColumn>> columns = new(StringComparer.Ordinal);

    /// <summary>The columns of every view that answers; a view that does not is left out until it does.</summary>
    public async ValueTask<IReadOnlyDictionary<string, IReadOnlyList<ResultColumn>>> ColumnsAsync(
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        foreach ((string name, _) in Views)
        {
            if (
                !columns.ContainsKey(name)
                && await datasets.QueryAsync($"SELECT * FROM {name} LIMIT 0", limits, viewer, cancellation)
                    is QueryOutcome.Answered answered
            )
            {
                columns[name] = answered.Answer.Columns;
            }
        }
        return columns;
    }
}
