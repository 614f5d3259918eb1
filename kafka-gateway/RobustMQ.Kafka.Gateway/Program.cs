using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Storage;
using RobustMQ.Hosting.Processes;
using RobustMQ.Kafka.Gateway;
using RobustMQ.Storage.Client;

const int AdminPort = 9093;

return await ProcessRunner.RunAsync("kafka-gateway", args, AdminPort, static (settings, loggers) =>
{
    var storage = StorageConnection.Read(settings);
    var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
    return
    [
        new KafkaGateway(
            KafkaOptions.Read(settings), users, () => new GrpcStorageClient(storage.ToClientOptions(), TimeProvider.System, loggers), TimeProvider.System, loggers),
    ];
});
