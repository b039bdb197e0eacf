using System.CommandLine;
using System.Globalization;
using Custodiet.Backups;
using Custodiet.Configuration;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Records;
using Custodiet.Records.Ledger;

namespace Custodiet.Cli;

/// <summary><c>custodiet backup</c>: takes backups, with or without a running server, lists and verifies them.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        Argument<string> shelf = new("DIR")
        {
            Description = "Folder for backups; each gets a folder of its own there.",
        };
        Option<int?> keep = new("--keep")
        {
            Description = "Afterwards remove the oldest backups there beyond this number. Default: remove none.",
        };
        Command command = new("backup", "Take a backup of the data folder, while the product runs or not.")
        {
            shelf,
            keep,
            Verify(),
            List(),
        };
        command.SetAction(
            (parse, cancellation) =>
                TellingAsync(() => RunAsync(parse, parse.GetRequiredValue(shelf), parse.GetValue(keep), cancellation))
        );
        return command;
    }

    /// <summary>Runs a command on backups; what stops it is told with its exit code.</summary>
    public static async Task<int> TellingAsync(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (BackupException stopped)
        {
            throw new CommandException(ExitCode.Unavailable, stopped.Message);
        }
    }

    private static async Task<int> RunAsync(ParseResult parse, string place, int? keep, CancellationToken cancellation)
    {
        if (!string.IsNullOrEmpty(parse.GetValue(CommandLine.Url)))
        {
            throw new CommandException(ExitCode.Usage, "A backup is taken on the server's own machine, without --url.");
        }
        if (keep < 1)
        {
            throw new CommandException(ExitCode.Usage, "--keep takes a number from 1.");
        }
        Settings settings = SessionFinder.ReadSettings(parse);
        BackupShelf shelf = new(place);
        if ((shelf.Folder + "/").StartsWith(settings.DataFolder.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw new CommandException(
                ExitCode.Usage,
                $"{shelf.Folder} lies in the data folder, which a backup must outlive. Name a folder outside, best on another disk."
            );
        }
        using IDisposable taken = shelf.Take();
        await using ISnapshotSource source = await SessionFinder.FindSocketAsync(settings, cancellation) is { } socket
            ? await ServerSnapshot.TakeAsync(socket, cancellation)
            : await FolderHold.TakeAsync(settings, cancellation);
        WrittenBackup written = BackupWriter.Write(
            source.Snapshot,
            shelf,
            settings.FileIsOutside ? settings.File : null,
            cancellation
        );
        BackupReference reference = written.Manifest.ToReference(written.Digest);
        long bytes = written.Manifest.Files.Sum(f => f.Bytes);
        string? refusal = await source.RecordAsync(
            new BackupMade(reference, written.Manifest.Files.Count, bytes),
            CancellationToken.None
        );
        IReadOnlyList<string> removed = keep is { } number ? shelf.Keep(number) : [];
        Tell(parse, written, reference, bytes, removed);
        foreach (string damage in written.Manifest.Damaged)
        {
            Output.Remark($"damaged in the data folder already: {damage}");
        }
        if (refusal is not null)
        {
            Output.Remark($"The backup is complete, but its record was refused: {refusal}");
            return ExitCode.Refused;
        }
        return written.Manifest.Damaged.Count == 0 ? ExitCode.Done : ExitCode.Problems;
    }

    private static void Tell(
        ParseResult parse,
        WrittenBackup written,
        BackupReference reference,
        long bytes,
        IReadOnlyList<string> removed
    )
    {
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(
                new
                {
                    backup = written.Folder,
                    reference.MadeAt,
                    reference.Sha256,
                    reference.Origin,
                    reference.Size,
                    reference.Root,
                    files = written.Manifest.Files.Count,
                    bytes,
                    written.CopiedBytes,
                    removed,
                    written.Manifest.Damaged,
                }
            );
            return;
        }
        Console.Out.WriteLine(written.Folder);
        Output.Remark(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Counted.Of(written.Manifest.Files.Count, "file")}, {Counted.Of(bytes, "byte")}, of them {written.CopiedBytes:N0} copied; {Counted.Of(reference.Size, "record")} under the checkpoint; manifest {reference.Sha256}"
            )
        );
        foreach (string name in removed)
        {
            Output.Remark($"removed {name}");
        }
    }

    private static Command Verify()
    {
        Argument<string> place = new("DIR") { Description = "A backup, or a folder of backups: its newest." };
        Option<bool> all = new("--all") { Description = "Verify every backup in the folder." };
        Option<string?> vkey = new("--vkey")
        {
            Description =
                "The ledger's public key to trust, as text or a file. Default: the one in the backup, which proves less.",
        };
        Command command = new("verify", "Compare every digest, hash the ledger again, compare every record with it.")
        {
            place,
            all,
            vkey,
        };
        command.SetAction(
            (parse, cancellation) =>
                TellingAsync(async () =>
                {
                    string path = parse.GetRequiredValue(place);
                    NoteVerifier? key = parse.GetValue(vkey) is { } text ? LedgerCommand.Key(text) : null;
                    IReadOnlyList<string> backups = parse.GetValue(all)
                        ? new BackupShelf(path).Backups
                        : [BackupShelf.Find(path)];
                    List<(string Folder, CheckedBackup Found)> found = [];
                    foreach (string backup in backups)
                    {
                        found.Add((backup, await BackupCheck.RunAsync(backup, key, cancellation)));
                    }
                    if (found.Count == 0)
                    {
                        throw new BackupException($"There is no complete backup in {Path.GetFullPath(path)}.");
                    }
                    Print(parse, found);
                    return found.TrueForAll(f => f.Found.Problems.Count == 0) ? ExitCode.Done : ExitCode.Problems;
                })
        );
        return command;
    }

    private static void Print(ParseResult parse, List<(string Folder, CheckedBackup Found)> backups)
    {
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(
                new
                {
                    backups = backups.Select(b => new
                    {
                        backup = b.Folder,
                        holds = b.Found.Problems.Count == 0,
                        b.Found.Manifest.MadeAt,
                        sha256 = b.Found.Digest,
                        files = b.Found.Manifest.Files.Count,
                        records = b.Found.Manifest.Records,
                        b.Found.Bodies,
                        b.Found.Problems,
                    }),
                }
            );
            return;
        }
        foreach ((string folder, CheckedBackup found) in backups)
        {
            foreach (string problem in found.Problems)
            {
                Console.Out.WriteLine($"{folder}: {problem}");
            }
            Console.Out.WriteLine(
                found.Problems.Count == 0
                    ? $"{folder} is whole: {Counted.Of(found.Manifest.Files.Count, "file")}, {Counted.Of(found.Manifest.Records, "record")}, {Counted.Of(found.Bodies, "body agrees with its envelope", "bodies agree with their envelopes")}."
                    : $"{folder} is NOT whole."
            );
        }
    }

    private static Command List()
    {
        Argument<string> place = new("DIR") { Description = "A folder of backups." };
        Command command = new("list", "The complete backups in a folder, newest first.") { place };
        command.SetAction(
            (parse, _) =>
                TellingAsync(() =>
                {
                    List<(string Folder, BackupManifest Manifest)> backups =
                    [
                        .. new BackupShelf(parse.GetRequiredValue(place)).Backups.Select(b =>
                            (b, BackupManifest.Read(b))
                        ),
                    ];
                    if (parse.GetValue(CommandLine.Json))
                    {
                        Output.WriteJson(
                            new
                            {
                                backups = backups.Select(b => new
                                {
                                    backup = b.Folder,
                                    b.Manifest.MadeAt,
                                    b.Manifest.Version,
                                    b.Manifest.Format,
                                    b.Manifest.Records,
                                    b.Manifest.EventsTo,
                                    bytes = b.Manifest.Files.Sum(f => f.Bytes),
                                }),
                            }
                        );
                        return Task.FromResult(ExitCode.Done);
                    }
                    Output.WriteTable(
                        ["backup", "version", "format", "records", "events to", "bytes"],
                        backups.Select(b =>
                            (IReadOnlyList<string>)
                                [
                                    b.Manifest.Name,
                                    b.Manifest.Version,
                                    b.Manifest.Format.ToString(CultureInfo.InvariantCulture),
                                    b.Manifest.Records.ToString("N0", CultureInfo.InvariantCulture),
                                    b.Manifest.EventsTo.ToString("N0", CultureInfo.InvariantCulture),
                                    b.Manifest.Files.Sum(f => f.Bytes).ToString("N0", CultureInfo.InvariantCulture),
                                ]
                        )
                    );
                    return Task.FromResult(ExitCode.Done);
                })
        );
        return command;
    }
}

/// <summary><c>custodiet restore</c>: makes a new data folder from a backup.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        Argument<string> place = new("DIR") { Description = "A backup, or a folder of backups: its newest." };
        Command command = new("restore", "Make a new data folder (--data) from a backup, and check it.") { place };
        command.SetAction(
            (parse, cancellation) =>
                BackupCommand.TellingAsync(async () =>
                {
                    string data =
                        parse.GetValue(CommandLine.Data)
                        ?? throw new CommandException(ExitCode.Usage, "Name the new data folder with --data.");
                    string backup = BackupShelf.Find(parse.GetRequiredValue(place));
                    CheckedBackup found = await Restoration.RunAsync(backup, data, TimeProvider.System, cancellation);
                    Tell(parse, backup, Path.GetFullPath(data), found);
                    return found.Problems.Count == 0 ? ExitCode.Done : ExitCode.Problems;
                })
        );
        return command;
    }

    private static void Tell(ParseResult parse, string backup, string data, CheckedBackup found)
    {
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(
                new
                {
                    backup,
                    data,
                    restored = found.Problems.Count == 0,
                    found.Manifest.MadeAt,
                    found.Manifest.Records,
                    found.Bodies,
                    found.Problems,
                }
            );
            return;
        }
        foreach (string problem in found.Problems)
        {
            Console.Out.WriteLine(problem);
        }
        Console.Out.WriteLine(
            found.Problems.Count == 0
                ? $"{data} is restored from {backup} and checked. The first start records that, and goes on in a new log: what was acknowledged after {found.Manifest.MadeAt:u} is not in it."
                : $"{data} is NOT restored, and no start will use it. Restore another backup, with the same --data."
        );
    }
}
