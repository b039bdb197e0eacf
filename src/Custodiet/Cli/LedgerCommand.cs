using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Ledger;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Envelopes;
using Custodiet.Ledger.Verification;
using Custodiet.Records;
using Custodiet.Streaming;

namespace Custodiet.Cli;

/// <summary><c>custodiet ledger</c>: verify a log, prove a record, go on after a loss.</summary>
internal static class LedgerCommand
{
    public static Command Create() =>
        new("ledger", "The tamper-evident log of all records.") { Verify(), Prove(), Continue() };

    private static Command Verify()
    {
        Argument<string> target = new("DIR|URL")
        {
            Description = "A ledger's folder, a data folder, or the address of a server.",
        };
        Option<string?> vkey = new("--vkey")
        {
            Description =
                "The public key to trust, as text or a file. Default: the vkey beside the log, which proves less.",
        };
        Command command = new("verify", "Hash every entry again and compare with the signed checkpoint.")
        {
            target,
            vkey,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                string place = parse.GetRequiredValue(target);
                LedgerVerification result = place.Contains("://", StringComparison.Ordinal)
                    ? await VerifyUrlAsync(parse, place, parse.GetValue(vkey), cancellation)
                    : await VerifyFolderAsync(place, parse.GetValue(vkey), cancellation);
                Print(parse, result, trusted: parse.GetValue(vkey) is not null);
                return result.Holds ? ExitCode.Done : ExitCode.Problems;
            }
        );
        return command;
    }

    private static void Print(ParseResult parse, LedgerVerification result, bool trusted)
    {
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(
                new
                {
                    holds = result.Holds,
                    origin = result.Checkpoint?.Origin,
                    size = result.Checkpoint?.Size ?? 0,
                    root = result.Checkpoint?.Root.ToString(),
                    entries = result.Entries,
                    bodies = result.Bodies,
                    erased = result.Erased,
                    keyGiven = trusted,
                    mismatches = result.Mismatches.Select(m => new { where = m.Where, what = m.What }),
                }
            );
            return;
        }
        foreach (LedgerMismatch mismatch in result.Mismatches)
        {
            Console.Out.WriteLine($"{mismatch.Where}: {mismatch.What}");
        }
        if (result.Holds)
        {
            string bodies =
                result.Bodies > 0
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $", {Counted.Of(result.Bodies, "body agrees with its envelope", "bodies agree with their envelopes")}"
                    )
                    : "";
            Console.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The ledger {result.Checkpoint!.Origin} verifies: {Counted.Of(result.Entries, "entry", "entries")} under root {result.Checkpoint.Root}{bodies}."
                )
            );
            if (!trusted)
            {
                Output.Remark("The key was read beside the log. Give the one you trust with --vkey.");
            }
        }
        else
        {
            Console.Out.WriteLine("The ledger does NOT verify.");
        }
    }

    private static async Task<LedgerVerification> VerifyFolderAsync(
        string place,
        string? vkey,
        CancellationToken cancellation
    )
    {
        string folder = Path.GetFullPath(place);
        if (!File.Exists(Path.Combine(folder, "vkey")) && Directory.Exists(Path.Combine(folder, "ledger")))
        {
            folder = Path.Combine(folder, "ledger");
        }
        if (!Directory.Exists(folder))
        {
            throw new CommandException(ExitCode.Unavailable, $"There is no folder {folder}.");
        }
        string beside = Path.Combine(folder, "vkey");
        if (vkey is null && !File.Exists(beside))
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"{folder} holds no ledger: there is no file «vkey» in it."
            );
        }
        NoteVerifier verifier = Key(vkey ?? beside);
        return await LedgerVerifier.VerifyDirectoryAsync(folder, verifier, null, cancellation);
    }

    private static async Task<LedgerVerification> VerifyUrlAsync(
        ParseResult parse,
        string place,
        string? vkey,
        CancellationToken cancellation
    )
    {
        using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
        string? token = parse.GetValue(CommandLine.Token) ?? Environment.GetEnvironmentVariable("CUSTODIET_TOKEN");
        if (!string.IsNullOrEmpty(token))
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        Uri prefix = new(place.TrimEnd('/') + "/", UriKind.Absolute);
        if (!prefix.AbsolutePath.EndsWith("/ledger/", StringComparison.Ordinal))
        {
            // A server's address stands for its log.
            prefix = new Uri(prefix, "ledger/");
        }
        NoteVerifier verifier = vkey is null
            ? Parse(await http.GetStringAsync(new Uri(prefix, "vkey"), cancellation))
            : Key(vkey);
        return await LedgerVerifier.VerifyUrlAsync(http, prefix, verifier, null, cancellation);
    }

    /// <summary>A public key line, as text or in a file.</summary>
    public static NoteVerifier Key(string textOrFile) =>
        Parse(File.Exists(textOrFile) ? File.ReadAllText(textOrFile) : textOrFile);

    private static NoteVerifier Parse(string text) =>
        NoteVerifier.Parse(text.Trim(), out string problem)
        ?? throw new CommandException(ExitCode.Usage, $"The key is not a vkey: {problem}");

    private static Command Prove()
    {
        Argument<string> record = new("ID") { Description = "A record's id or its ledger index." };
        Option<string?> output = new("--out")
        {
            Description = "File to write the .tlog-proof to. Default: standard output.",
        };
        Command command = new("prove", "Write the proof that a record is in the ledger; it stands alone.")
        {
            record,
            output,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                string proof = await session.ProveAsync(parse.GetRequiredValue(record), cancellation);
                if (parse.GetValue(output) is { } file)
                {
                    await File.WriteAllTextAsync(file, proof, cancellation);
                    Output.Remark($"Written to {file}.");
                }
                else if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new { record = parse.GetRequiredValue(record), proof });
                }
                else
                {
                    Console.Out.Write(proof);
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command Continue()
    {
        Option<bool> sure = new("--records-are-lost")
        {
            Description = "Required: says that the missing records cannot be restored.",
        };
        Command command = new(
            "continue",
            "After a restore to an older state: go on in a new log that names the old one."
        )
        {
            sure,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                // Nothing is required of a flag by the parser: its absence is a value.
                if (!parse.GetValue(sure))
                {
                    throw new CommandException(
                        ExitCode.Usage,
                        "Going on leaves the missing records behind for good. Restore the newer data if you can; if it is lost, say so with --records-are-lost."
                    );
                }
                Settings settings = SessionFinder.ReadSettings(parse);
                using DataFolder folder = OpenFolder(settings);
                await using SqliteRecords records = await SqliteRecords.OpenAsync(
                    folder.Records,
                    EnvelopeSealer.Seal,
                    TimeProvider.System,
                    cancellation
                );
                using LedgerKey key = LedgerKey.OpenOrCreate(KeptLedger.KeyFile(folder));
                using TileLog log = await TileLog.ContinueAsync(
                    folder.Ledger,
                    key,
                    records.Count,
                    TimeProvider.System,
                    cancellation
                );
                Console.Out.WriteLine(
                    $"The log goes on as {log.State.Origin} with record {records.Count}. Its public key line: {log.State.VerifierKey}"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static DataFolder OpenFolder(Settings settings)
    {
        try
        {
            return DataFolder.Open(settings.DataFolder);
        }
        catch (DataFolderException refused)
        {
            throw new CommandException(ExitCode.Unavailable, refused.Message);
        }
    }
}
