using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using RobustMQ.Hosting.Listeners;
using RobustMQ.StorageNode;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>Serves a <see cref="SinkService"/> as a storage-node serves its API: the same server with the same limits.</summary>
internal static class SinkServer
{
    /// <summary>Says where it listens, TCP and then Unix socket, and runs until its input ends.</summary>
    public static async Task RunAsync(string socket)
    {
        var options = new StorageServerOptions { Listener = new ListenerOptions { Address = IPAddress.Loopback, Port = 0, Tls = null }, Socket = socket };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = grpc.MaxSendMessageSize = options.MessageBytesMax);
        builder.Services.AddSingleton<SinkService>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            StorageTransport.SetLimits(kestrel.Limits, options);
            kestrel.Listen(options.Listener.Address, options.Listener.Port, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.ListenUnixSocket(socket, static listen => listen.Protocols = HttpProtocols.Http2);
        });
        await using var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<SinkService>();
        await application.StartAsync().ConfigureAwait(false);
        var tcp = application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .First(static address => !address.Contains("unix:", StringComparison.Ordinal));
        Console.WriteLine(tcp);
        await Console.In.ReadToEndAsync().ConfigureAwait(false);
    }
}
