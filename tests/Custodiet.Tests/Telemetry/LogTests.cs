using System.Reflection;
using System.Text.RegularExpressions;
using Custodiet.Records.People;
using Microsoft.Extensions.Logging;

namespace Custodiet.Tests.Telemetry;

/// <summary>Every message of the log: numbered once, explained in docs/logs.md, made by the source generator, and without content.</summary>
public partial class LogTests
{
    // What a message may hold: names, numbers, moments, pseudonyms, exceptions. No event, no bytes, no record.
    private static readonly Type[] allowed =
    [
        typeof(ILogger),
        typeof(string),
        typeof(int),
        typeof(long),
        typeof(DateTime),
        typeof(DateTimeOffset),
        typeof(ActorId),
        typeof(Exception),
    ];

    private static (MethodInfo Method, LoggerMessageAttribute Message)[] Messages { get; } =
    [
        .. typeof(Flow)
            .Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Custodiet", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(typeof(Flow).Assembly)
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type =>
                type.GetMethods(
                    BindingFlags.Static
                        | BindingFlags.Instance
                        | BindingFlags.Public
                        | BindingFlags.NonPublic
                        | BindingFlags.DeclaredOnly
                )
            )
            .Select(method => (method, method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .Where(pair => pair.Item2 is not null),
    ];

    [Fact]
    public void EveryMessageHasANumberOfItsOwn()
    {
        Assert.True(Messages.Length > 30, $"Only {Messages.Length} messages were found.");
        Assert.All(Messages, m => Assert.True(m.Message.EventId > 0, m.Method.Name));
        Assert.Equal(Messages.Length, Messages.Select(m => m.Message.EventId).Distinct().Count());
    }

    [Fact]
    public void TheDocumentHasExactlyTheseMessagesWithTheirLevelAndWhatToDo()
    {
        string text = File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "logs.md"));
        string[] rows =
        [
            .. Row()
                .Matches(text)
                .Select(row => $"{row.Groups["id"].Value} {row.Groups["level"].Value} {row.Groups["message"].Value}"),
        ];
        string[] messages =
        [
            .. Messages
                .OrderBy(m => m.Message.EventId)
                .Select(m =>
                    $"{m.Message.EventId} {m.Message.Level.ToString().ToLowerInvariant()} {m.Message.Message}"
                ),
        ];
        Assert.Equal(messages, rows);
        // Who is told of something that needs a hand is told what to do.
        Assert.All(
            Row().Matches(text).Where(row => row.Groups["level"].Value is "critical" or "error" or "warning"),
            row => Assert.True(row.Groups["act"].Value.Length > 5, row.Value)
        );
    }

    [Fact]
    public void NoMessageTakesAnythingThatCouldBeContent() =>
        Assert.All(
            Messages.SelectMany(m => m.Method.GetParameters().Select(p => (m.Method, p))),
            pair =>
                Assert.True(
                    allowed.Contains(pair.p.ParameterType),
                    $"{pair.Method.Name} takes a {pair.p.ParameterType.Name}"
                )
        );

    [Fact]
    public void NothingIsLoggedPastTheGenerator()
    {
        string[] past =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(TestPaths.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .Where(file => Direct().IsMatch(File.ReadAllText(file))),
        ];
        Assert.Empty(past);
    }

    [GeneratedRegex(
        @"^\| (?<id>\d+) \| (?<level>\w+) \| (?<message>.+?) \| (?<act>.+) \|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Row();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Direct();
}
