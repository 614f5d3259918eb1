using RobustMQ.Hosting.Processes;
using RobustMQ.StorageNode;

const int AdminPort = 7071;

return await ProcessRunner.RunAsync("storage-node", args, AdminPort, static (settings, loggers) =>
{
    var storage = new NodeStoragePart(NodeOptions.Read(settings), loggers);
    return [storage, new StorageServer(StorageServerOptions.Read(settings), () => storage.Node, loggers)];
});
