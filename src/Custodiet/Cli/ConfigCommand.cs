using System.CommandLine;
using Custodiet.Configuration;
using Custodiet.Records;

namespace Custodiet.Cli;

/// <summary><c>custodiet config</c>: what holds, and whence; and everything that is wrong with it.</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "Configuration.") { Show(), Check() };

    private static Command Show()
    {
        Command show = new("show", "Every setting: its value in force, where it comes from, its default and unit.");
        show.SetAction(
            async (parse, cancellation) =>
            {
                Settings settings = SessionFinder.ReadSettings(parse);
                IReadOnlyList<SettingLine> next = SettingsView.Of(settings);
                string? socket = await SessionFinder.FindSocketAsync(settings, cancellation);
                IReadOnlyList<SettingLine> lines = socket is null
                    ? next
                    : SettingsView.Merge(await RunningSession.SettingsAsync(socket, cancellation), next);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(
                        new
                        {
                            file = settings.File,
                            running = socket is not null,
                            settings = lines,
                        }
                    );
                    return ExitCode.Done;
                }
                Output.WriteTable(
                    ["setting", "value", "from", "default", "unit", "takes effect", "environment"],
                    lines.Select(s =>
                        (IReadOnlyList<string>)
                            [s.Name, s.Value, s.Origin, s.Default, s.Unit, TakesEffect(s), s.Environment]
                    )
                );
                Output.Remark(
                    socket is null
                        ? "No server runs on the data folder: these are the values of its next start."
                        : "These are the values of the running server."
                );
                foreach (SettingLine line in lines.Where(l => l.Pending is not null))
                {
                    Output.Remark($"{line.Name}: from the next start on «{line.Pending}»");
                }
                return ExitCode.Done;
            }
        );
        return show;
    }

    private static string TakesEffect(SettingLine line) =>
        line.FileReloads ? "restart; new content of the file at once" : "restart";

    private static Command Check()
    {
        Command check = new("check", "Everything that is wrong with the settings and with what they name.");
        check.SetAction(parse =>
        {
            (Settings? settings, IReadOnlyList<Problem> read) = SessionFinder.TryReadSettings(parse);
            List<Problem> problems = [.. read];
            if (settings is not null)
            {
                problems.AddRange(new SettingsInspection(settings, TimeProvider.System).Run());
            }
            bool holds = problems.TrueForAll(p => p.Level != ProblemLevel.Error);
            if (parse.GetValue(CommandLine.Json))
            {
                Output.WriteJson(
                    new
                    {
                        holds,
                        problems = problems.Select(p => new
                        {
                            p.Level,
                            p.Code,
                            p.Message,
                            p.Position.File,
                            p.Position.Line,
                            p.Position.Column,
                            p.Hint,
                        }),
                    }
                );
            }
            else
            {
                problems.ForEach(p => Console.Out.WriteLine(p));
                Console.Out.WriteLine(holds ? "The settings are in order." : "The settings are NOT in order.");
            }
            return holds ? ExitCode.Done : ExitCode.Problems;
        });
        return check;
    }
}
