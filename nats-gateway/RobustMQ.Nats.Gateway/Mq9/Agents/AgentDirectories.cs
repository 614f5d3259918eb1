using System.Collections.Concurrent;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>A directory of agents for each namespace that asked for one.</summary>
internal sealed class AgentDirectories(IStorageClient storage, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<Namespace, AgentDirectory> _directories = new();
    private readonly KeyedTopic _topic = new(storage, MailboxNames.Agents, time);

    public AgentDirectory Of(Namespace ns) => _directories.GetOrAdd(ns, static (key, all) => new AgentDirectory(all._topic, key, all.Time), this);

    private TimeProvider Time { get; } = time;

    public void Dispose()
    {
        foreach (var directory in _directories.Values)
            directory.Dispose();
    }
}
