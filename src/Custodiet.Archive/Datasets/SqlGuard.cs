using System.Globalization;
using System.Text.Json;

namespace Custodiet.Archive;

/// <summary>What a query reads, or why it is refused.</summary>
/// <param name="Problem">Why it is refused, or null.</param>
/// <param name="Views">The views it names.</param>
internal sealed record SqlCheck(string? Problem, IReadOnlySet<string> Views);

/// <summary>
/// Decides on DuckDB's own syntax tree whether a text is one SELECT over the documented views and nothing else. What the
/// tree may hold is listed; what is not listed is refused.
/// </summary>
internal static class SqlGuard
{
    private static readonly HashSet<string> tableFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "range",
        "generate_series",
        "unnest",
        "json_each",
        "json_tree",
    };

    // Functions that reach beyond their arguments: settings, variables, other statements, the catalog, the clock of the
    // machine (sleeping), statistics of values that were filtered out.
    private static readonly HashSet<string> refusedFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "current_setting",
        "getvariable",
        "getenv",
        "nextval",
        "currval",
        "setseed",
        "sleep_ms",
        "pg_sleep",
        "stats",
        "vector_type",
        "write_log",
        "parse_duckdb_log_message",
        "json_serialize_sql",
        "json_serialize_plan",
        "json_deserialize_sql",
        "json_execute_serialized_sql",
        "current_query",
        "current_query_id",
        "current_connection_id",
        "current_transaction_id",
        "txid_current",
        "current_schemas",
        "in_search_path",
        "get_block_size",
        "query",
        "query_table",
    };

    private static readonly string[] refusedPrefixes =
    [
        "pg_",
        "duckdb_",
        "pragma_",
        "has_",
        "inet_",
        "read_",
        "__internal",
    ];

    private static readonly HashSet<string> tableKinds = new(StringComparer.Ordinal)
    {
        "BASE_TABLE",
        "TABLE_FUNCTION",
        "SUBQUERY",
        "JOIN",
        "EXPRESSION_LIST",
        "EMPTY",
        "EMPTY_FROM",
        "SHOW_REF",
        "PIVOT",
    };

    /// <summary>Checks the tree that <c>json_serialize_sql</c> made of a text.</summary>
    public static SqlCheck Check(string tree)
    {
        using JsonDocument document = JsonDocument.Parse(tree, new JsonDocumentOptions { MaxDepth = 2048 });
        JsonElement root = document.RootElement;
        if (root.GetProperty("error").GetBoolean())
        {
            return Refuse(SyntaxError(root));
        }
        JsonElement statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
        {
            return Refuse("Write exactly one SELECT statement.");
        }
        Walk walk = new();
        walk.CollectNames(statements[0]);
        walk.Visit(statements[0], "");
        return new SqlCheck(walk.Problem, walk.Views);
    }

    private static SqlCheck Refuse(string reason) => new(reason, new HashSet<string>());

    private static string SyntaxError(JsonElement root)
    {
        string message = root.GetProperty("error_message").GetString() ?? "";
        if (root.GetProperty("error_type").GetString() == "not implemented")
        {
            return "Only one SELECT statement is allowed (also WITH, FROM, VALUES, DESCRIBE and SUMMARIZE); datasets are read-only, and PIVOT, EXPLAIN, SET, COPY and the like are not available.";
        }
        return
            root.TryGetProperty("position", out JsonElement position)
            && int.TryParse(position.GetString(), CultureInfo.InvariantCulture, out int at)
            ? string.Create(CultureInfo.InvariantCulture, $"Syntax error at character {at + 1}: {message}")
            : $"Syntax error: {message}";
    }

    private sealed class Walk
    {
        private readonly HashSet<string> own = new(StringComparer.OrdinalIgnoreCase);

        public HashSet<string> Views { get; } = new(StringComparer.OrdinalIgnoreCase);

        public string? Problem { get; private set; }

        // Names that WITH introduces, anywhere in the query. A name used outside its scope would be looked up in the catalog
        // or as a file, hence a name that could mean something there may not be introduced at all.
        public void CollectNames(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                {
                    CollectNames(item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    if (member.NameEquals("cte_map"))
                    {
                        foreach (JsonElement entry in member.Value.GetProperty("map").EnumerateArray())
                        {
                            AddName(entry.GetProperty("key").GetString()!);
                        }
                    }
                    CollectNames(member.Value);
                }
            }
        }

        public void Visit(JsonElement element, string parent)
        {
            if (Problem is not null)
            {
                return;
            }
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Visit(item, parent);
                }
                return;
            }
            if (element.ValueKind != JsonValueKind.Object)
            {
                return;
            }
            VisitNode(element, parent);
            foreach (JsonProperty member in element.EnumerateObject())
            {
                Visit(member.Value, member.Name);
            }
        }

        private static string Text(JsonElement element, string name) =>
            element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : "";

        private void VisitNode(JsonElement node, string parent)
        {
            string type = Text(node, "type");
            if (Text(node, "class") is "FUNCTION" or "WINDOW")
            {
                VisitFunction(node, parent);
            }
            else if (IsTable(node, type, parent) && !tableKinds.Contains(type))
            {
                Problem ??= $"A {type} in FROM is not available here.";
            }
            if (Text(node, "class") == "PARAMETER")
            {
                Problem ??= "Parameters such as $1 or ? are not available: write the value.";
            }
            if (type == "BASE_TABLE")
            {
                VisitTable(node);
            }
            else if (type == "SHOW_REF" && (!IsObject(node, "query") || Text(node, "table_name").Length > 0))
            {
                Problem ??= $"SHOW is not available. The views are {Names()}; DESCRIBE shows their columns.";
            }
        }

        // "left" and "right" are also the sides of a comparison, which has a class, and of a UNION, whose type ends in _NODE.
        private static bool IsTable(JsonElement node, string type, string parent) =>
            parent is "from_table" or "left" or "right"
            && Text(node, "class").Length == 0
            && !type.EndsWith("_NODE", StringComparison.Ordinal);

        private static bool IsObject(JsonElement node, string member) =>
            node.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.Object;

        private void VisitTable(JsonElement node)
        {
            string name = Text(node, "table_name");
            string qualifier = Text(node, "schema_name") + Text(node, "catalog_name");
            if (qualifier.Length > 0)
            {
                Problem ??=
                    $"{Text(node, "schema_name")}.{name} is not a dataset: views are named without a schema. They are {Names()}.";
            }
            else if (IsObject(node, "at_clause"))
            {
                Problem ??= "AT is not available.";
            }
            else if (DatasetViews.All.ContainsKey(name))
            {
                Views.Add(name);
            }
            else if (!own.Contains(name))
            {
                Problem ??= $"There is no dataset \"{name}\"{At(node)}. The views are {Names()}.";
            }
        }

        private void VisitFunction(JsonElement node, string parent)
        {
            string name = Text(node, "function_name");
            string schema = Text(node, "schema") + Text(node, "catalog");
            if (schema is not ("" or "main"))
            {
                Problem ??=
                    $"Function {schema}.{name} is not available{At(node)}: functions are named without a schema.";
            }
            else if (parent == "function" && !tableFunctions.Contains(name))
            {
                Problem ??=
                    $"Table function {name} is not available{At(node)}. Those available are {string.Join(", ", tableFunctions)}.";
            }
            else if (
                refusedFunctions.Contains(name)
                || Array.Exists(refusedPrefixes, p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase))
            )
            {
                Problem ??= $"Function {name} is not available{At(node)}: it reaches beyond the datasets.";
            }
        }

        private void AddName(string name)
        {
            bool plain = name.Length is > 0 and <= 64 && name.All(c => char.IsLetterOrDigit(c) || c is '_' or ' ');
            if (!plain || IsCatalogName(name))
            {
                Problem ??=
                    $"\"{name}\" cannot be used as a name in WITH: letters, digits, _ and spaces, and not a name of the database's own.";
            }
            own.Add(name);
        }

        private static bool IsCatalogName(string name) =>
            name.StartsWith("duckdb_", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("pg_", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("pragma_", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("hidden_", StringComparison.OrdinalIgnoreCase)
            || catalogViews.Contains(name);

        private static string At(JsonElement node) =>
            node.TryGetProperty("query_location", out JsonElement at) && at.TryGetInt32(out int position)
                ? string.Create(CultureInfo.InvariantCulture, $" (character {position + 1})")
                : "";

        private static string Names() => string.Join(", ", DatasetViews.All.Keys);
    }

    // Views of information_schema, which a search path could reach.
    private static readonly HashSet<string> catalogViews = new(StringComparer.OrdinalIgnoreCase)
    {
        "character_sets",
        "check_constraints",
        "columns",
        "constraint_column_usage",
        "constraint_table_usage",
        "key_column_usage",
        "referential_constraints",
        "schemata",
        "tables",
        "table_constraints",
        "views",
    };
}
