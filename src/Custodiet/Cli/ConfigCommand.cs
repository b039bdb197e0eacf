using System.CommandLine;
using Custodiet.Configuration;

namespace Custodiet.Cli;

/// <summary><c>custodiet config show</c>: what holds, and whence.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        Command show = new("show", "Every setting, its value and where it comes from.");
        show.SetAction(parse =>
        {
            Settings settings = SessionFinder.ReadSettings(parse);
            if (parse.GetValue(CommandLine.Json))
            {
                Output.WriteJson(new { settings = settings.All });
                return ExitCode.Done;
            }
            Output.WriteTable(
                ["setting", "value", "from", "environment"],
                settings.All.Select(s =>
                    (IReadOnlyList<string>)[s.Name, s.Value, s.Origin, Settings.EnvironmentName(s.Name)]
                )
            );
            return ExitCode.Done;
        });
        return new Command("config", "Configuration.") { show };
    }
}
