using Microsoft.AspNetCore.Http;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/healthz</c>: ok, or 503 with the reason.</summary>
internal static class HealthPage
{
    public static Task WriteAsync(HttpContext context, NatsGatewayState gateway)
    {
        var problem = gateway switch
        {
            { IsDraining: true } => "draining",
            { FeedId.IsNone: true } => "no connection to the storage-node",
            _ => null,
        };
        context.Response.ContentType = "application/json";
        context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(
            problem is null ? """{"status":"ok"}""" : $$"""{"status":"unavailable","status_code":503,"error":"{{problem}}"}""");
    }
}
