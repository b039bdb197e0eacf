using System.CommandLine;
using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Cli;

/// <summary><c>custodiet ingest FILE…</c>: sends the lines of files, and says what became of each of them.</summary>
internal static class IngestCommand
{
    /// <summary>Rejected lines that are named; all are counted.</summary>
    private const int RejectedNamed = 100;

    public static Command Create()
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Files of lines, JSON or text, plain or gzip.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> follow = new("--follow")
        {
            Description = "Go on as the files grow, through rotation, truncation and restarts.",
        };
        Command command = new("ingest", "Send events from files and say what became of them.") { files, follow };
        command.SetAction(
            async (parse, cancellation) =>
            {
                string[] paths = parse.GetRequiredValue(files);
                foreach (string path in paths.Where(p => !File.Exists(p)))
                {
                    throw new CommandException(ExitCode.Unavailable, $"There is no file {path}.");
                }
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                bool json = parse.GetValue(CommandLine.Json);
                return parse.GetValue(follow)
                    ? await FollowAsync(session, paths, SessionFinder.StateFolder(parse), cancellation)
                    : await SendAsync(session, paths, json, cancellation);
            }
        );
        return command;
    }

    private static async Task<int> SendAsync(
        ISession session,
        string[] paths,
        bool json,
        CancellationToken cancellation
    )
    {
        TimeProvider time = TimeProvider.System;
        long started = time.GetTimestamp();
        Tally tally = new();
        string run = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        for (int number = 0; number < paths.Length; number++)
        {
            using LineBatches batches = LineBatches.Open(paths[number]);
            IngestProgress progress = new(paths[number], batches.FileLength, time);
            while (await batches.NextAsync(cancellation) is { } batch)
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"ingest:{run}:{number}:{batch.Start}");
                IngestAnswer answer = await session.IngestAsync(batch.Bytes, key, cancellation);
                tally.Add(paths[number], batch, answer);
                progress.Report(batch.FilePosition, tally.Received);
            }
            tally.AddTooLong(paths[number], batches.TooLong);
            progress.Finish();
        }
        IngestResult result = await WaitAsync(session, tally, cancellation);
        result = result with { Seconds = Math.Round(time.GetElapsedTime(started).TotalSeconds, 3) };
        Print(result, tally, session.Where, json);
        return tally.Rejected == 0 ? ExitCode.Done : ExitCode.Problems;
    }

    /// <summary>Waits until everything sent is archived, then counts what the archive holds of it.</summary>
    private static async Task<IngestResult> WaitAsync(ISession session, Tally tally, CancellationToken cancellation)
    {
        IngestResult result = new(tally.Received, tally.Rejected, 0, 0, 0, 0);
        long last = tally.Ranges.Count == 0 ? 0 : tally.Ranges.Max(r => r.Next);
        while (tally.Ranges.Count > 0)
        {
            StreamStatus status = await session.StatusAsync(cancellation);
            if (status.ArchivedTo >= last && status.AnalysedTo >= last)
            {
                break;
            }
            await Task.Delay(100, cancellation);
        }
        foreach (Range range in tally.Ranges)
        {
            string sql = string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT count(*), count(*) FILTER (WHERE unparsed IS NULL) FROM events WHERE event_offset >= {range.First} AND event_offset < {range.Next}"
            );
            QueryOutcome outcome = await session.QueryAsync(sql, QueryLimits.Default, cancellation);
            if (outcome is not QueryOutcome.Answered { Answer.Rows: [[var archived, var parsed]] })
            {
                string reason = outcome is QueryOutcome.Refused refused ? refused.Reason : "no answer";
                throw new CommandException(
                    ExitCode.Refused,
                    $"Everything was sent, but the count of what was archived failed: {reason}"
                );
            }
            long events = Convert.ToInt64(archived, CultureInfo.InvariantCulture);
            long read = Convert.ToInt64(parsed, CultureInfo.InvariantCulture);
            result = result with
            {
                Archived = result.Archived + events,
                Parsed = result.Parsed + read,
                Unparsed = result.Unparsed + events - read,
            };
        }
        return result;
    }

    private static void Print(IngestResult result, Tally tally, string where, bool json)
    {
        if (json)
        {
            Output.WriteJson(
                new
                {
                    result.Received,
                    result.Rejected,
                    result.Parsed,
                    result.Unparsed,
                    result.Archived,
                    result.Seconds,
                    rejectedLines = tally.Named,
                }
            );
            return;
        }
        Output.WriteTable(
            ["received", "rejected", "parsed", "unparsed", "archived", "seconds"],
            [
                [
                    result.Received.ToString("N0", CultureInfo.InvariantCulture),
                    result.Rejected.ToString("N0", CultureInfo.InvariantCulture),
                    result.Parsed.ToString("N0", CultureInfo.InvariantCulture),
                    result.Unparsed.ToString("N0", CultureInfo.InvariantCulture),
                    result.Archived.ToString("N0", CultureInfo.InvariantCulture),
                    result.Seconds.ToString("N1", CultureInfo.InvariantCulture),
                ],
            ]
        );
        foreach (NamedRejection line in tally.Named)
        {
            Output.Remark($"{line.File}:{line.Line}: rejected: {line.Reason}");
        }
        if (tally.Rejected > tally.Named.Count)
        {
            Output.Remark(
                $"… and {Counted.Of(tally.Rejected - tally.Named.Count, "more rejected line")}, counted above."
            );
        }
        Output.Remark($"Answered by {where}.");
    }

    private static async Task<int> FollowAsync(
        ISession session,
        string[] paths,
        string stateFolder,
        CancellationToken cancellation
    )
    {
        FollowedFile[] files = [.. paths.Select(p => FollowedFile.Open(p, stateFolder))];
        Output.Remark(
            $"Following {Counted.Of(files.Length, "file")} into {session.Where}. Ctrl+C stops; the place is kept."
        );
        try
        {
            while (true)
            {
                bool moved = false;
                foreach (FollowedFile file in files)
                {
                    if (await file.NextAsync(cancellation) is not { } lines)
                    {
                        continue;
                    }
                    IngestAnswer answer = await session.IngestAsync(lines.Bytes, lines.Key, cancellation);
                    file.Acknowledge(lines.Bytes.Length);
                    moved = true;
                    foreach (RejectedLine line in answer.Rejected)
                    {
                        Output.Remark(
                            $"{file.Name}: line {line.Line} of the batch at {lines.Key}: rejected: {line.Reason}"
                        );
                    }
                }
                if (!moved)
                {
                    await Task.Delay(250, cancellation);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Done;
        }
        finally
        {
            foreach (FollowedFile file in files)
            {
                file.Dispose();
            }
        }
    }

    private sealed record IngestResult(
        long Received,
        long Rejected,
        long Parsed,
        long Unparsed,
        long Archived,
        double Seconds
    );

    private sealed record NamedRejection(string File, long Line, string Reason);

    private readonly record struct Range(long First, long Next);

    /// <summary>What was sent so far.</summary>
    private sealed class Tally
    {
        public long Received { get; private set; }

        public long Rejected { get; private set; }

        public List<Range> Ranges { get; } = [];

        public List<NamedRejection> Named { get; } = [];

        public void Add(string file, LineBatch batch, IngestAnswer answer)
        {
            Received += answer.Accepted + answer.RejectedCount;
            Rejected += answer.RejectedCount;
            foreach (RejectedLine line in answer.Rejected.Take(RejectedNamed - Named.Count))
            {
                Named.Add(new NamedRejection(file, batch.FirstLine + line.Line - 1, line.Reason));
            }
            if (answer.Accepted == 0)
            {
                return;
            }
            Range range = new(answer.FirstOffset, answer.FirstOffset + answer.Accepted);
            if (Ranges.Count > 0 && Ranges[^1].Next == range.First)
            {
                Ranges[^1] = Ranges[^1] with { Next = range.Next };
            }
            else
            {
                Ranges.Add(range);
            }
        }

        public void AddTooLong(string file, List<long> lines)
        {
            Received += lines.Count;
            Rejected += lines.Count;
            foreach (long line in lines.Take(RejectedNamed - Named.Count))
            {
                Named.Add(new NamedRejection(file, line, $"longer than {LineBatches.LineBytesMax:N0} bytes"));
            }
        }
    }
}

/// <summary>One line of progress on a terminal: events, rate, share, remaining time. Silent when standard error is no terminal.</summary>
internal sealed class IngestProgress(string file, long bytes, TimeProvider time)
{
    private readonly long started = time.GetTimestamp();
    private readonly bool shown = !Console.IsErrorRedirected;
    private double lastSeconds;

    public void Report(long position, long events)
    {
        double seconds = time.GetElapsedTime(started).TotalSeconds;
        if (!shown || seconds - lastSeconds < 0.5)
        {
            return;
        }
        lastSeconds = seconds;
        double share = bytes == 0 ? 1 : (double)position / bytes;
        double remaining = share > 0 ? seconds / share * (1 - share) : 0;
        Console.Error.Write(
            $"\r{Path.GetFileName(file)}  {Counted.Of(events, "event")}  {events / seconds:N0}/s  {share:P0}  {TimeSpan.FromSeconds(Math.Ceiling(remaining)):h\\:mm\\:ss} left   "
        );
    }

    public void Finish()
    {
        if (shown && lastSeconds > 0)
        {
            Console.Error.WriteLine();
        }
    }
}
