using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Admin;

/// <summary>Health and metrics over HTTP: <c>/livez</c> (the process runs), <c>/healthz</c> (JSON by stage; 503 until everything is well), <c>/metrics</c> (Prometheus).</summary>
internal sealed class AdminListener : IAsyncDisposable
{
    private readonly HttpListener _listener;

    public AdminListener(CommonOptions options, IReadOnlyList<IProcessPart> parts, ProcessStage stage, ILoggerFactory loggers)
    {
        MetricsPage.Start();
        var health = new HealthPage(parts, stage);
        var routes = new Dictionary<string, RequestDelegate>(StringComparer.Ordinal)
        {
            ["/livez"] = static context => context.Response.WriteAsync("ok\n"),
            ["/healthz"] = health.WriteAsync,
            ["/metrics"] = MetricsPage.WriteAsync,
        };
        foreach (var (path, route) in parts.OfType<IAdminRoutes>().SelectMany(static part => part.AdminRoutes))
            routes.TryAdd(path, route);
        _listener = new HttpListener("admin", options.AdminAddress, options.AdminPort, routes, loggers);
    }

    public ListenerEndPoint EndPoint => _listener.EndPoint;

    public Task StartAsync(CancellationToken cancellationToken) => _listener.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
