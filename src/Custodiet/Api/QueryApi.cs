using System.Text;
using Custodiet.People;
using Custodiet.Records.Stores;

namespace Custodiet.Api;

/// <summary><c>POST /api/v1/query</c>: one SELECT; JSON, CSV or Parquet by the Accept header.</summary>
internal static class QueryApi
{
    public const string ParquetType = "application/vnd.apache.parquet";
    public const string CsvType = "text/csv";

    /// <summary>Bounds on what a caller may ask for.</summary>
    private const int RowsMax = 1_000_000;
    private const double SecondsMax = 300;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/query", PostAsync)
            .RequireAuthorization(Policies.QueryRead)
            .WithSummary(
                "Ask the datasets in SQL, read-only. Accept: application/json, text/csv or application/vnd.apache.parquet."
            )
            .Produces<QueryJson>()
            .ProducesProblem(422);

    private static async Task<IResult> PostAsync(
        QueryRequest query,
        HttpContext http,
        IDatasets datasets,
        CancellationToken cancellation
    )
    {
        QueryLimits limits = new(
            Math.Clamp(query.Rows ?? QueryLimits.Default.Rows, 1, RowsMax),
            TimeSpan.FromSeconds(Math.Clamp(query.Seconds ?? QueryLimits.Default.Timeout.TotalSeconds, 1, SecondsMax))
        );
        string accept = http.Request.Headers.Accept.ToString();
        if (accept.Contains(ParquetType, StringComparison.OrdinalIgnoreCase))
        {
            return await ParquetAsync(query.Sql, limits, http, datasets, cancellation);
        }
        QueryOutcome outcome = await datasets.QueryAsync(query.Sql, limits, http.User.ToViewer(), cancellation);
        if (outcome is QueryOutcome.Refused refused)
        {
            return Results.Problem(refused.Reason, statusCode: 422, title: "The query was not run");
        }
        QueryAnswer answer = ((QueryOutcome.Answered)outcome).Answer;
        if (accept.Contains(CsvType, StringComparison.OrdinalIgnoreCase))
        {
            StringWriter text = new();
            Csv.Write(answer, text);
            Say(http, answer.Truncated);
            return Results.Text(text.ToString(), CsvType, Encoding.UTF8);
        }
        return Results.Json(QueryJson.From(answer), Cli.Output.Json);
    }

    private static async Task<IResult> ParquetAsync(
        string sql,
        QueryLimits limits,
        HttpContext http,
        IDatasets datasets,
        CancellationToken cancellation
    )
    {
        string file = Path.Combine(Path.GetTempPath(), $"custodiet-{Guid.CreateVersion7():N}.parquet");
        QueryOutcome outcome = await datasets.ExportParquetAsync(sql, file, limits, http.User.ToViewer(), cancellation);
        if (outcome is QueryOutcome.Refused refused)
        {
            return Results.Problem(refused.Reason, statusCode: 422, title: "The query was not run");
        }
        Say(http, ((QueryOutcome.Answered)outcome).Answer.Truncated);
        FileStream content = new(
            file,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            1 << 16,
            FileOptions.DeleteOnClose
        );
        return Results.Stream(content, ParquetType, "answer.parquet");
    }

    private static void Say(HttpContext http, string? truncated)
    {
        if (truncated is not null)
        {
            http.Response.Headers["Custodiet-Truncated"] = Uri.EscapeDataString(truncated);
        }
    }
}
