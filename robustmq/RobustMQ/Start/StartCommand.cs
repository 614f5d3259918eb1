using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Hosting.Processes;
using RobustMQ.Nats.Gateway;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Start;

/// <summary><c>robustmq start</c>: a storage-node and every gateway in one process, on loopback, with data under <c>./data</c>.</summary>
internal static class StartCommand
{
    private const int AdminPort = 7071;

    /// <param name="arguments">Those behind <c>start</c>: the settings of every process.</param>
    public static Task<int> RunAsync(string[] arguments) =>
        ProcessRunner.RunAsync("robustmq", arguments, AdminPort, static (settings, loggers) =>
        {
            var storage = new EmbeddedStorage(EmbeddedStorageOptions.Read(settings), loggers);
            var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
            var nats = new NatsGateway(NatsOptions.Read(settings), users, () => new EmbeddedStorageClient(storage.Node), loggers);
            return [storage, nats];
        });
}
