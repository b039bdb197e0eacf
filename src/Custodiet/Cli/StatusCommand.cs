using System.CommandLine;
using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Cli;

/// <summary><c>custodiet status</c>: the stages with their balance, queue and ledger.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Command command = new("status", "Stages with their balance, queue, ledger.");
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                StreamStatus status = await session.StatusAsync(cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(status);
                    return ExitCode.Done;
                }
                Output.WriteTable(
                    ["stage", "received", "emitted", "failed", "in flight", "dropped"],
                    status.Stages.Select(s =>
                        (IReadOnlyList<string>)
                            [
                                s.Stage,
                                Number(s.Received),
                                Number(s.Emitted),
                                Number(s.Failed),
                                Number(InFlight(s)),
                                Reasons(s.Dropped),
                            ]
                    )
                );
                if (status.Inputs.Count > 0)
                {
                    Output.WriteTable(
                        [
                            "input since the start",
                            "received",
                            "accepted",
                            "in flight",
                            "connections",
                            "dropped",
                            "refused",
                        ],
                        status.Inputs.Select(i =>
                            (IReadOnlyList<string>)
                                [
                                    i.Input,
                                    Number(i.Received),
                                    Number(i.Accepted),
                                    Number(i.InFlight),
                                    Number(i.Connections),
                                    Reasons(i.Dropped),
                                    Reasons(i.Refused),
                                ]
                        )
                    );
                }
                Output.Remark(
                    $"queue {Number(status.QueueBytes)} of {Counted.Of(status.QueueBytesMax, "byte")}; ledger {Number(status.LedgerSize)} of {Counted.Of(status.Records, "record")} in its tree"
                );
                if (status.QueueFailure is { } failure)
                {
                    Output.Remark($"the queue takes nothing at present: {failure}");
                    return ExitCode.Problems;
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static long InFlight(StageTotals stage) =>
        stage.Received - stage.Emitted - stage.Failed - stage.Dropped.Values.Sum();

    private static string Reasons(IReadOnlyDictionary<string, long> reasons) =>
        string.Join("; ", reasons.Select(r => $"{r.Key} {Number(r.Value)}"));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
