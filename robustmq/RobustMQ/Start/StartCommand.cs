using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Hosting.Processes;
using RobustMQ.Kafka.Gateway;
using RobustMQ.Mqtt.Gateway;
using RobustMQ.Nats.Gateway;
using RobustMQ.Storage.Embedded;
using RobustMQ.StorageNode;

namespace RobustMQ.Start;

/// <summary><c>robustmq start</c>: a storage-node and every gateway in one process, on loopback, with data under <c>./data</c>. The gateways call the storage directly.</summary>
internal static class StartCommand
{
    private const int AdminPort = 7071;

    /// <param name="arguments">Those behind <c>start</c>: the settings of every process.</param>
    public static Task<int> RunAsync(string[] arguments) =>
        ProcessRunner.RunAsync("robustmq", arguments, AdminPort, static (settings, loggers) =>
        {
            var storage = new NodeStoragePart(NodeOptions.Read(settings), loggers);
            var server = new StorageServer(StorageServerOptions.Read(settings), () => storage.Node, loggers);
            var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
            return
            [
                storage,
                server,
                new UserStore(users, Connect, TimeProvider.System, loggers),
                new NatsGateway(NatsOptions.Read(settings), users, Connect, loggers),
                new MqttGateway(MqttOptions.Read(settings), users, Connect, loggers),
                new KafkaGateway(KafkaOptions.Read(settings), users, Connect, TimeProvider.System, loggers),
                new AmqpGateway(AmqpOptions.Read(settings), users, Connect, TimeProvider.System, loggers),
            ];

            EmbeddedStorageClient Connect() => new(storage.Node);
        });
}
