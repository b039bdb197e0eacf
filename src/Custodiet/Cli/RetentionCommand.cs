using System.CommandLine;
using System.Globalization;
using Custodiet.Archive;
using Custodiet.Retention;
using Custodiet.Web;

namespace Custodiet.Cli;

/// <summary><c>custodiet retention</c>: what is kept how long, how long the disk lasts; and applying it now.</summary>
internal static class RetentionCommand
{
    public static Command Create() => new("retention", "What is kept how long.") { Show(), RunNow() };

    private static Command Show() =>
        new Command("show", "The policy, the archive's size, the disk and how long it lasts.").Does(
            async (session, parse, cancellation) =>
            {
                RetentionStatus status = await session.RetentionAsync(cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(status);
                    return;
                }
                Output.WriteTable(
                    ["rule", "technology", "sensor", "kept", "at most"],
                    status.Rules.Select(r =>
                        (IReadOnlyList<string>)
                            [
                                r.Name,
                                r.Technology,
                                r.Sensor,
                                RetentionWords.Keep(r.KeepDays),
                                r.RawBytesMax is { } bytes ? $"{Words.Bytes(bytes)} as received" : "",
                            ]
                    )
                );
                Console.Out.WriteLine(
                    $"archive: {Words.Number(status.Events)} events, {Words.Bytes(status.FileBytes)} on disk ({Words.Bytes(status.RawBytes)} as received){(status.FileBytesMax is { } max ? $", at most {Words.Bytes(max)}" : "")}"
                );
                Console.Out.WriteLine(
                    $"disk: {Words.Bytes(status.DiskFreeBytes)} of {Words.Bytes(status.DiskBytes)} free; inputs push back below {Words.Bytes(status.DiskFloorBytes)}"
                );
                Console.Out.WriteLine($"runway: {RetentionWords.Of(status.Runway)}");
                if (status.Failure is { } failure)
                {
                    Console.Out.WriteLine($"the last run did not end: {failure}");
                }
            }
        );

    private static Command RunNow() =>
        new Command("run", "Apply the policy now: delete what is due.").Does(
            async (session, parse, cancellation) =>
            {
                RetentionOutcome outcome = await session.RetainAsync(cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(outcome);
                    return;
                }
                Console.Out.WriteLine(RetentionWords.Of(outcome));
            }
        );
}

/// <summary><c>custodiet hold</c>: legal holds.</summary>
internal static class HoldCommand
{
    public static Command Create() =>
        new("hold", "Legal holds: events that stay, whatever the policy says.")
        {
            SessionCommand.List<Hold>(
                "holds",
                (session, cancellation) => session.HoldsAsync(cancellation),
                ("id", h => h.Id),
                ("name", h => h.Name),
                ("reason", h => RetentionWords.Of(h.Reason)),
                ("sources", h => h.Sources.ToString()),
                ("from", h => h.From?.ToString("u", CultureInfo.InvariantCulture) ?? "the beginning"),
                ("to", h => h.To?.ToString("u", CultureInfo.InvariantCulture) ?? "without end"),
                ("lifted", h => h.LiftedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "")
            ),
            Place(),
            Lift(),
        };

    private static Command Place()
    {
        Argument<string> name = new("NAME") { Description = "What people call it, for example a matter's number." };
        Option<Records.Ledger.HoldReason> reason = new("--reason") { Description = "Why.", Required = true };
        Option<string?> technology = new("--technology")
        {
            Description = "Which technologies; * and ? are wildcards. Default: all.",
        };
        Option<string?> sensor = new("--sensor")
        {
            Description = "Which sensors; * and ? are wildcards. Default: all.",
        };
        Option<DateTimeOffset?> from = new("--from")
        {
            Description = "Events that happened or were received since then. Default: from the beginning.",
        };
        Option<DateTimeOffset?> to = new("--to")
        {
            Description = "Events that happened or were received until then. Default: without end.",
        };
        return new Command("place", "Hold events from now on.") { name, reason, technology, sensor, from, to }.Does(
            async (session, parse, cancellation) =>
            {
                Hold hold = await session.PlaceHoldAsync(
                    new HoldRequest(
                        parse.GetRequiredValue(name),
                        parse.GetRequiredValue(reason),
                        parse.GetValue(technology),
                        parse.GetValue(sensor),
                        parse.GetValue(from),
                        parse.GetValue(to)
                    ),
                    cancellation
                );
                SessionCommand.Tell(parse, hold, hold.Id, "The hold is in force and recorded. Its id:");
            }
        );
    }

    private static Command Lift()
    {
        Argument<string> hold = new("HOLD") { Description = "Its id or name." };
        return new Command("lift", "End a hold: the policy is in force again.") { hold }.Does(
            async (session, parse, cancellation) =>
            {
                Hold lifted = await session.LiftHoldAsync(parse.GetRequiredValue(hold), cancellation);
                SessionCommand.Tell(parse, lifted, secret: null, $"The hold «{lifted.Name}» is lifted.");
            }
        );
    }
}

/// <summary><c>custodiet erase</c>: the erasure of a person's data.</summary>
internal static class EraseCommand
{
    public static Command Create()
    {
        Argument<string[]> identifiers = new("IDENTIFIER")
        {
            Description =
                "What the person is called: names, accounts, addresses. Looked for as whole words, whatever their letter case. «-»: read them from standard input, a line each, so that they are in no list of processes.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<Records.Ledger.ErasureReason> reason = new("--reason")
        {
            Description = "Why.",
            DefaultValueFactory = _ => Records.Ledger.ErasureReason.Request,
        };
        Option<bool> erase = new("--erase") { Description = "Erase. Without it only what would go is counted." };
        return new Command("erase", "Erase a person's data from events, records, findings and datasets.")
        {
            identifiers,
            reason,
            erase,
        }.Does(
            async (session, parse, cancellation) =>
            {
                List<string> names = [];
                foreach (string name in parse.GetRequiredValue(identifiers))
                {
                    if (name != "-")
                    {
                        names.Add(name);
                        continue;
                    }
                    while (await Console.In.ReadLineAsync(cancellation) is { } line)
                    {
                        if (line.Trim().Length > 0)
                        {
                            names.Add(line);
                        }
                    }
                }
                bool preview = !parse.GetValue(erase);
                ErasureAnswer answer = await session.EraseAsync(
                    new ErasureRequest(names, parse.GetValue(reason)),
                    preview,
                    cancellation
                );
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(answer);
                    return;
                }
                Console.Out.WriteLine($"{(preview ? "would be erased" : "erased")}: {RetentionWords.Of(answer)}");
                if (preview)
                {
                    Output.Remark("Nothing was changed. With --erase it is done; it cannot be undone.");
                }
            }
        );
    }
}
