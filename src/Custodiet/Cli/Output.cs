using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Custodiet.Cli;

/// <summary>What commands print: answers on standard output, everything about them on standard error.</summary>
internal static class Output
{
    /// <summary>Version of all <c>--json</c> shapes together; a changed meaning raises it.</summary>
    public const int SchemaVersion = 1;

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Standard error, for progress and remarks.</summary>
    public static IAnsiConsole Remarks { get; } =
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Prints one JSON value, with the schema's version as its first member.</summary>
    public static void WriteJson<T>(T value)
    {
        System.Text.Json.Nodes.JsonNode node = JsonSerializer.SerializeToNode(value, Json)!;
        if (node is System.Text.Json.Nodes.JsonObject members)
        {
            members.Insert(0, "schemaVersion", SchemaVersion);
        }
        Console.Out.WriteLine(node.ToJsonString(Json));
    }

    /// <summary>Prints a table.</summary>
    public static void WriteTable(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        }
        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }
        if (Console.IsOutputRedirected)
        {
            // A pipe has no width: rows must not be folded to eighty columns.
            AnsiConsole.Profile.Width = 4_000;
        }
        AnsiConsole.Write(table);
    }

    /// <summary>A remark on standard error.</summary>
    public static void Remark(string text) => Console.Error.WriteLine(text);
}
