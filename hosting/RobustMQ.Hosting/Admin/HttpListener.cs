using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Admin;

/// <summary>A small HTTP server for people and monitors: GET and HEAD on fixed paths, nothing else, no routing or middleware to keep in memory.</summary>
public sealed class HttpListener : IAsyncDisposable
{
    /// <summary>Monitors are few; whoever opens more is a mistake.</summary>
    private const int ConnectionsMax = 100;

    private readonly WebApplication _application;
    private readonly string _name;
    private readonly IPAddress _address;
    private readonly int _port;
    private readonly IReadOnlyDictionary<string, RequestDelegate> _routes;

    /// <param name="port">0: any free port.</param>
    public HttpListener(string name, IPAddress address, int port, IReadOnlyDictionary<string, RequestDelegate> routes, ILoggerFactory loggers)
    {
        _name = name;
        _address = address;
        _port = port;
        _routes = routes;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(address, port);
        });
        _application = builder.Build();
        _application.Run(HandleAsync);
    }

    /// <summary>Once started.</summary>
    public ListenerEndPoint EndPoint =>
        new(_name, _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <exception cref="StartException">The port is taken, or the address is not this machine's.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw StartException.OfListener(_name, _address, _port, error);
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task HandleAsync(HttpContext context)
    {
        if (!_routes.TryGetValue(context.Request.Path.Value ?? "/", out var route))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }
        return route(context);
    }
}
