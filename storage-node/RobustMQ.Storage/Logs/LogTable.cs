using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs;

/// <summary>The open logs of the node, by name for callers and by id for replicated operations.</summary>
internal sealed class LogTable(IReadOnlyDictionary<EngineKind, ILogEngine> engines, StorageOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<TopicPartition, LogPartition> _byName = new();
    private readonly ConcurrentDictionary<LogId, LogPartition> _byId = new();

    public int Count => _byId.Count;

    public IEnumerable<LogPartition> All => _byId.Select(entry => entry.Value);

    public long SizeBytes => _byId.Sum(entry => entry.Value.Log.SizeBytes);

    public bool TryGet(TopicPartition name, [MaybeNullWhen(false)] out LogPartition partition) => _byName.TryGetValue(name, out partition);

    public bool TryGet(LogId id, [MaybeNullWhen(false)] out LogPartition partition) => _byId.TryGetValue(id, out partition);

    /// <summary>Opens the logs of a topic that are not open yet. Callers cannot find them before <see cref="Announce"/>.</summary>
    /// <exception cref="StorageException">A stored log cannot be used.</exception>
    public async ValueTask<LogPartition[]> OpenAsync(Topic topic)
    {
        var engine = engines[topic.Spec.Engine];
        var partitions = new LogPartition[topic.Spec.Partitions];
        for (var i = 0; i < partitions.Length; i++)
        {
            var id = new LogId(topic.Id, i);
            if (!_byId.TryGetValue(id, out var partition))
            {
                var log = await engine.OpenAsync(id, LogPartition.OptionsOf(topic)).ConfigureAwait(false);
                partition = new LogPartition(topic, i, log, engine.IsPersistent, options);
                await partition.RestoreAsync(time.GetUtcNow().ToUnixTimeMilliseconds()).ConfigureAwait(false);
                _byId[id] = partition;
            }
            partitions[i] = partition;
        }
        return partitions;
    }

    /// <summary>Lets callers find the logs of a topic, and tells open ones of its present configuration.</summary>
    public void Announce(Topic topic, LogPartition[] partitions)
    {
        foreach (var partition in partitions)
        {
            if (partition.Topic != topic)
                partition.Configure(topic);
            _byName[partition.Name] = partition;
        }
    }

    /// <summary>Closes the logs of a topic and removes what is stored of them.</summary>
    public async ValueTask DeleteAsync(Topic topic)
    {
        for (var i = 0; i < topic.Spec.Partitions; i++)
        {
            var id = new LogId(topic.Id, i);
            if (!_byId.TryRemove(id, out var partition))
                continue;
            _byName.TryRemove(new KeyValuePair<TopicPartition, LogPartition>(partition.Name, partition));
            await partition.DisposeAsync().ConfigureAwait(false);
            await engines[topic.Spec.Engine].DeleteAsync(id).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var partition in All)
        {
            try
            {
                await partition.DisposeAsync().ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // The log has reported why it takes no more; the others are closed all the same.
            }
        }
        _byName.Clear();
        _byId.Clear();
    }
}
