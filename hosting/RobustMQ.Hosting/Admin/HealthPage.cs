using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Admin;

/// <summary><c>/healthz</c>: <c>{"status":"ok","stages":[{"name","healthy","detail"}]}</c>; 503 and <c>unavailable</c> until every stage is well.</summary>
internal sealed class HealthPage(IReadOnlyList<IProcessPart> parts, ProcessStage stage)
{
    public async Task WriteAsync(HttpContext context)
    {
        List<HealthReport> reports = [stage.Report, .. parts.SelectMany(static part => part.Health)];
        var isHealthy = reports.TrueForAll(static report => report.IsHealthy);
        context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", isHealthy ? "ok" : "unavailable");
        json.WriteStartArray("stages");
        foreach (var report in reports)
        {
            json.WriteStartObject();
            json.WriteString("name", report.Name);
            json.WriteBoolean("healthy", report.IsHealthy);
            json.WriteString("detail", report.Detail);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
