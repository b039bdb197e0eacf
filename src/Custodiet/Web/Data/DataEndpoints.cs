using System.Text;
using Custodiet.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Data;

/// <summary>Answers as files.</summary>
internal static class DataEndpoints
{
    /// <summary>Rows of a downloaded file at most: 100,000 as CSV or JSON.</summary>
    public static readonly QueryLimits FileLimits = new(100_000, TimeSpan.FromSeconds(60));

    /// <summary>Rows of a Parquet file at most: 1,000,000.</summary>
    public static readonly QueryLimits ParquetLimits = new(1_000_000, TimeSpan.FromSeconds(60));

    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group) =>
        group.MapGet("/data/download", DownloadAsync).RequireAuthorization(Policies.QueryRead);

    private static async Task<IResult> DownloadAsync(
        string sql,
        string format,
        HttpResponse response,
        IDatasets datasets,
        Visit visit,
        CancellationToken cancellation
    )
    {
        if (format == "parquet")
        {
            return await ParquetAsync(sql, datasets, visit, cancellation);
        }
        QueryOutcome outcome = await datasets.QueryAsync(sql, FileLimits, visit.Viewer, cancellation);
        if (outcome is not QueryOutcome.Answered { Answer: { } answer })
        {
            return Refused(outcome);
        }
        if (answer.Truncated is { } cut)
        {
            // A file that is not whole says so in its name: headers do not travel with it.
            response.Headers["X-Truncated"] = Uri.EscapeDataString(cut);
        }
        string name = answer.Truncated is null ? "answer" : "answer-truncated";
        if (format == "json")
        {
            return TypedResults.Bytes(Cells.Json(answer), "application/json", $"{name}.json");
        }
        using StringWriter text = new();
        Cells.WriteCsv(answer, text);
        return TypedResults.Bytes(Encoding.UTF8.GetBytes(text.ToString()), "text/csv; charset=utf-8", $"{name}.csv");
    }

    private static async Task<IResult> ParquetAsync(
        string sql,
        IDatasets datasets,
        Visit visit,
        CancellationToken cancellation
    )
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-").FullName;
        string file = Path.Combine(folder, "answer.parquet");
        try
        {
            QueryOutcome outcome = await datasets.ExportParquetAsync(
                sql,
                file,
                ParquetLimits,
                visit.Viewer,
                cancellation
            );
            if (outcome is not QueryOutcome.Answered { Answer: { } answer })
            {
                return Refused(outcome);
            }
            string name = answer.Truncated is null ? "answer.parquet" : "answer-truncated.parquet";
            // The open handle keeps the bytes readable after the folder below is gone.
            FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return TypedResults.Stream(stream, "application/vnd.apache.parquet", name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Refused(QueryOutcome outcome) =>
        TypedResults.Text(
            outcome is QueryOutcome.Refused refused ? refused.Reason : "The query was not answered.",
            "text/plain; charset=utf-8",
            statusCode: StatusCodes.Status400BadRequest
        );
}
