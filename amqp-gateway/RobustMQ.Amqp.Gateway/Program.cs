using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.GatewayKit.Storage;
using RobustMQ.Hosting.Processes;
using RobustMQ.Storage.Client;

const int AdminPort = 5673;

return await ProcessRunner.RunAsync("amqp-gateway", args, AdminPort, static (settings, loggers) =>
{
    var storage = StorageConnection.Read(settings);
    var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
    return
    [
        new UserStore(users, Connect, TimeProvider.System, loggers),
        new AmqpGateway(AmqpOptions.Read(settings), users, Connect, TimeProvider.System, loggers),
    ];

    GrpcStorageClient Connect() => new(storage.ToClientOptions(), TimeProvider.System, loggers);
});
