using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using RobustMQ.StorageNode.Services;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.Storage.Client.Tests.Faults;

/// <summary>A node served with a <see cref="FaultyLog"/> on a free port.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FaultyServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.First();

    public static async Task<FaultyServer> StartAsync(NodeStorage node, Func<bool, Fault> choose)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting().AddGrpc();
        builder.Services.AddSingleton(new FaultyLog(node, choose)).AddSingleton(new NodeCalls(node, new ServerLife(CancellationToken.None)));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<FaultyLog>();
        application.MapGrpcService<NodeCalls>();
        await application.StartAsync();
        return new FaultyServer(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
