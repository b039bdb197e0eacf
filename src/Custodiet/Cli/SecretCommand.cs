using System.CommandLine;
using System.Text;
using Custodiet.Configuration;
using Spectre.Console;

namespace Custodiet.Cli;

/// <summary><c>custodiet secret</c>: the encrypted secrets in the data folder. Values are read from standard input and never printed.</summary>
internal static class SecretCommand
{
    public static Command Create() =>
        new("secret", "Encrypted secrets in the data folder, referred to by settings as store:NAME.")
        {
            Set(),
            SessionCommand.List<SecretLine>(
                "secrets",
                (session, cancellation) => session.SecretsAsync(cancellation),
                ("name", line => line.Name),
                ("set at", line => line.SetAt.ToString("u", System.Globalization.CultureInfo.InvariantCulture))
            ),
            Remove(),
            Key(),
        };

    private static Command Set()
    {
        Argument<string> name = new("NAME") { Description = "Its name." };
        return new Command("set", "Set a secret; its value is read from standard input.") { name }.Does(
            async (session, parse, cancellation) =>
            {
                byte[] value = Encoding.UTF8.GetBytes(await ReadAsync(cancellation));
                await session.SetSecretAsync(parse.GetRequiredValue(name), value, cancellation);
                SessionCommand.Tell(
                    parse,
                    new { name = parse.GetRequiredValue(name) },
                    secret: null,
                    $"Set. Settings refer to it as store:{parse.GetRequiredValue(name)}; what reads it at the start needs a restart."
                );
            }
        );
    }

    private static Command Remove()
    {
        Argument<string> name = new("NAME") { Description = "Its name." };
        return new Command("remove", "Remove a secret.") { name }.Does(
            async (session, parse, cancellation) =>
            {
                await session.RemoveSecretAsync(parse.GetRequiredValue(name), cancellation);
                SessionCommand.Tell(parse, new { name = parse.GetRequiredValue(name) }, secret: null, "Removed.");
            }
        );
    }

    private static Command Key()
    {
        Argument<string> file = new("FILE") { Description = "The new file, outside the data folder." };
        Command command = new("key", "Make a key for the secrets, in a new file that its owner alone may read.")
        {
            file,
        };
        command.SetAction(parse =>
        {
            string path = Path.GetFullPath(parse.GetRequiredValue(file));
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (StreamWriter writer = new(path, options))
            {
                writer.Write(SecretStore.NewKey() + "\n");
            }
            Output.Remark(
                $"{path} holds a key. Set secrets.key: file:{path} and let the service's user read it, or give it to the unit: LoadCredential={SecretStore.KeyCredential}:{path}. Keep a copy where backups are not: without it the secrets cannot be read."
            );
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<string> ReadAsync(CancellationToken cancellation) =>
        Console.IsInputRedirected
            ? (await Console.In.ReadToEndAsync(cancellation)).TrimEnd('\r', '\n')
            : await new TextPrompt<string>("value:").Secret(null).ShowAsync(Output.Remarks, cancellation);
}
