using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
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
        new NatsGateway(
            NatsOptions.Read(settings), users, () => new GrpcStorageClient(storage.ToClientOptions(), TimeProvider.System, loggers), loggers),
    ];
});
