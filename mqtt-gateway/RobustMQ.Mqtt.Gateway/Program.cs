using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Stored;
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
        new UserStore(users, Connect, TimeProvider.System, loggers),
        new MqttGateway(MqttOptions.Read(settings), users, Connect, loggers),
    ];

    GrpcStorageClient Connect() => new(storage.ToClientOptions(), TimeProvider.System, loggers);
});
