using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Storage;
using RobustMQ.Hosting.Processes;
using RobustMQ.Mqtt.Gateway;
using RobustMQ.Storage.Client;

const int AdminPort = 1884;

return await ProcessRunner.RunAsync("mqtt-gateway", args, AdminPort, static (settings, loggers) =>
{
    var storage = StorageConnection.Read(settings);
    var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, loggers.CreateLogger<IdentityProvider>());
    return
    [
        new MqttGateway(
            MqttOptions.Read(settings), users, () => new GrpcStorageClient(storage.ToClientOptions(), TimeProvider.System, loggers), loggers),
    ];
});
