using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Admin;

/// <summary>Health and metrics over HTTP: <c>/livez</c> (the process runs), <c>/healthz</c> (JSON by stage; 503 until everything is well), <c>/metrics</c> (Prometheus).</summary>
public sealed class AdminListener : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly IReadOnlyList<IProcessPart> _parts;

    public AdminListener(CommonOptions options, IReadOnlyList<IProcessPart> parts, ILoggerFactory loggers)
    {
        _parts = parts;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.AdminAddress, options.AdminPort);
        });
        _application = builder.Build();
        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressEventCounters = true, SuppressMeters = false });
        _application.MapGet("/livez", static context => context.Response.WriteAsync("ok\n"));
        _application.MapGet("/healthz", WriteHealthAsync);
        _application.MapGet("/metrics", static context =>
        {
            context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
            return Metrics.DefaultRegistry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
        });
    }

    public ListenerEndPoint EndPoint =>
        new("admin", _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw new StartException($"admin listener: {error.Message}", error);
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task WriteHealthAsync(HttpContext context)
    {
        var reports = _parts.SelectMany(static part => part.Health).ToList();
        var isHealthy = reports.TrueForAll(static report => report.IsHealthy);
        context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        using var json = new Utf8JsonWriter(context.Response.BodyWriter);
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
        return Task.CompletedTask;
    }
}
