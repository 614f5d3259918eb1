using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.GatewayKit.Storage;
using RobustMQ.Hosting.Processes;
using RobustMQ.Nats.Gateway;
using RobustMQ.Storage.Client;

const int AdminPort = 8232;

return await ProcessRunner.RunAsync("nats-gateway", args, AdminPort, static (settings, loggers) =>
{
    var storage = StorageConnection.Read(settings);
    var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
    return
    [
        new UserStore(users, Connect, TimeProvider.System, loggers),
        new NatsGateway(NatsOptions.Read(settings), users, Connect, loggers),
    ];

    GrpcStorageClient Connect() => new(storage.ToClientOptions(), TimeProvider.System, loggers);
});
