using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway;
using RobustMQ.GatewayKit.Identity;
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
        new AmqpGateway(
            AmqpOptions.Read(settings), users, () => new GrpcStorageClient(storage.ToClientOptions(), TimeProvider.System, loggers), TimeProvider.System, loggers),
    ];
});
