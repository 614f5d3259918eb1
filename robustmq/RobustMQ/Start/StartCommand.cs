using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway;
using RobustMQ.GatewayKit.Identity;
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
            var nats = new NatsGateway(NatsOptions.Read(settings), users, () => new EmbeddedStorageClient(storage.Node), loggers);
            var mqtt = new MqttGateway(MqttOptions.Read(settings), users, () => new EmbeddedStorageClient(storage.Node), loggers);
            var kafka = new KafkaGateway(KafkaOptions.Read(settings), users, () => new EmbeddedStorageClient(storage.Node), TimeProvider.System, loggers);
            var amqp = new AmqpGateway(AmqpOptions.Read(settings), users, () => new EmbeddedStorageClient(storage.Node), TimeProvider.System, loggers);
            return [storage, server, nats, mqtt, kafka, amqp];
        });
}
