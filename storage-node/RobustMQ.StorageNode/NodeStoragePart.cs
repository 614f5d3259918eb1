using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Processes;
using RobustMQ.Records;
using RobustMQ.Storage;

namespace RobustMQ.StorageNode;

/// <summary>Opens what a storage-node keeps, and closes it last. Whatever serves or embeds it starts after this part.</summary>
public sealed class NodeStoragePart(StorageOptions options, ILoggerFactory loggers) : IProcessPart
{
    private NodeStorage? _node;

    public string Name => "storage";

    /// <exception cref="InvalidOperationException">Not started yet.</exception>
    public NodeStorage Node => _node ?? throw new InvalidOperationException("The storage part starts first.");

    public IReadOnlyList<ListenerEndPoint> Listeners => [new("data", options.DataDirectory is { } directory ? Path.GetFullPath(directory) : "none")];

    public IReadOnlyList<HealthReport> Health =>
        _node is null ? [] : [.. _node.Health.Stages.Select(static stage => new HealthReport($"storage:{stage.Name}", stage.IsHealthy, stage.Detail))];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _node = await NodeStorage.OpenAsync(options, TimeProvider.System, loggers, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException error)
        {
            throw new StartException($"storage: {error.Message}", error);
        }
    }

    public Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _node?.DisposeAsync() ?? ValueTask.CompletedTask;
}
