using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Leases;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Nodes;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage;

/// <summary>The stages of a node's start, in order: identity, metadata, topics and their logs.</summary>
internal sealed record NodeParts(
    IMetadataStore Metadata,
    IReadOnlyDictionary<EngineKind, ILogEngine> Engines,
    LogTable LogTable,
    LocalGroup Group,
    StorageMetrics Metrics,
    HealthBoard Health,
    NodeIdentity Identity,
    TopicCatalog Topics,
    LeaseTable Leases,
    RocksDbDelays? Delays,
    ConsumerJournal Journal,
    LoadedConsumers Consumers)
{
    public static async Task<NodeParts> OpenAsync(
        StorageOptions options, IMetadataStore metadata, ILogEngine[] engines, TimeProvider time, ILoggerFactory loggers)
    {
        var byKind = engines.ToDictionary(engine => engine.Kind);
        var health = new HealthBoard();
        var logs = new LogTable(byKind, options, time);
        var topics = new TopicCatalog(new TopicRules(options, byKind), logs, byKind, options, time, loggers.CreateLogger<TopicCatalog>());
        var leases = new LeaseTable(options, time);
        var delays = engines.OfType<RocksDbLogEngine>().FirstOrDefault()?.Delays;
        var state = new NodeState(logs, topics, leases, delays, options, loggers.CreateLogger<NodeState>());

        var identity = BeginIncarnation(metadata, state, out var appliedIndex);
        health.Set("identity", true, $"node {identity.NodeId}, incarnation {identity.Incarnation}");
        health.Set("metadata", true, options.DataDirectory is null ? "in memory" : "open");

        var group = new LocalGroup(state, metadata, identity.Epoch, appliedIndex, loggers.CreateLogger<LocalGroup>());
        await topics.StartAsync(group, state.Topics).ConfigureAwait(false);
        leases.Start(group, [.. state.Leases.Leases], state.Leases.Revision);
        health.Set("topics", true, $"{topics.Count}");
        health.Set("logs", true, $"{logs.Count}");
        var (journal, consumers) = await OpenConsumersAsync(logs, byKind, group, options, time).ConfigureAwait(false);
        health.Set("consumers", !journal.IsUnreadable, "read");
        health.Set("serving", true, "ready");
        return new NodeParts(metadata, byKind, logs, group, new StorageMetrics(), health, identity, topics, leases, delays, journal, consumers);
    }

    /// <summary>Where what is stored of them is damaged, consumers are refused: the logs that can be read are served all the same.</summary>
    private static async ValueTask<(ConsumerJournal Journal, LoadedConsumers Consumers)> OpenConsumersAsync(
        LogTable logs, IReadOnlyDictionary<EngineKind, ILogEngine> engines, LocalGroup group, StorageOptions options, TimeProvider time)
    {
        try
        {
            var journal = await ConsumerJournal.OpenAsync(logs, engines, group, time).ConfigureAwait(false);
            return (journal, await LoadedConsumers.ReadAsync(journal, options.ConsumerPendingMax).ConfigureAwait(false));
        }
        catch (StorageException error) when (RocksDbStore.IsDamage(error))
        {
            return (ConsumerJournal.Unreadable(group, time), new LoadedConsumers(options.ConsumerPendingMax));
        }
    }

    /// <summary>Everything is read before the first byte is written, so a store that cannot be used stays as it is.</summary>
    private static NodeIdentity BeginIncarnation(IMetadataStore metadata, NodeState state, out long appliedIndex)
    {
        var isNew = metadata.Find(MetadataKeys.Format) is not { } format;
        if (!isNew)
            FormatRecord.Check(metadata.Find(MetadataKeys.Format)!);
        var last = metadata.Find(MetadataKeys.Node) is { } bytes ? NodeRecord.Parse(bytes) : new NodeRecord(Guid.NewGuid(), 0);
        appliedIndex = state.Load(metadata);

        var node = last with { Incarnation = last.Incarnation + 1 };
        var changes = new MetadataChanges();
        if (isNew)
            changes.Put(MetadataKeys.Format, FormatRecord.Format());
        changes.Put(MetadataKeys.Node, node.Format());
        changes.Put(
            MetadataKeys.Counters, new CountersRecord(appliedIndex, state.Topics.Revision, state.Leases.Revision, state.Producers.LastId).Format());
        metadata.Commit(changes);
        return new NodeIdentity(node.Id.ToString("n"), node.Incarnation, NodeStorage.Version, new Epoch(checked((int)node.Incarnation)));
    }
}
