using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>nats-server's monitoring over HTTP, in the fields that its tools (nats-top and dashboards) read.</summary>
internal sealed class MonitoringListener : IAsyncDisposable
{
    private readonly WebApplication _application;

    public MonitoringListener(NatsGatewayState gateway, NatsOptions options, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.MonitoringAddress, options.MonitoringPort);
        });
        _application = builder.Build();

        var general = new GeneralReport(gateway);
        var connections = new ConnectionsReport(gateway);
        var subscriptions = new SubscriptionsReport(gateway);
        _application.MapGet("/varz", context => WriteAsync(context, general.Write));
        _application.MapGet("/connz", context => ConnectionsReport.ProblemOf(context.Request.Query) is { } problem
            ? RefuseAsync(context, problem)
            : WriteAsync(context, json => connections.Write(json, context.Request.Query)));
        _application.MapGet("/subsz", context => WriteAsync(context, json => subscriptions.Write(json, context.Request.Query)));
        _application.MapGet("/healthz", context => HealthPage.WriteAsync(context, gateway));
    }

    public string Address => _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw new StartException($"nats monitoring listener: {error.Message}", error);
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static Task RefuseAsync(HttpContext context, string problem)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(problem);
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        var json = new Utf8JsonWriter(context.Response.BodyWriter, new JsonWriterOptions { Indented = true });
        await using (json.ConfigureAwait(false))
            write(json);
    }
}
