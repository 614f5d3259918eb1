using System.Security.Cryptography;
using System.Text;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Shared subscriptions that some session has: one consumer each, whose members are the clients that are connected, at whatever gateway, with a session that stays or without. What is
/// stored waits there while nobody is connected. Thread-safe.
/// </summary>
internal sealed class SharedConsumers(IConsumerClient consumers, MqttOptions options, TimeProvider time)
{
    /// <summary>Consumers of shared subscriptions are listed under this.</summary>
    private const string ConsumerPrefix = "mqtt/shares/";

    private const int HashBytes = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<ConsumerRef, Group> _groups = [];
    private readonly string _gateway = Guid.NewGuid().ToString("N");

    public TimeProvider Time { get; } = time;

    /// <summary>Makes sure that a shared subscription has its consumer. Before anybody publishes for it.</summary>
    public async ValueTask<ErrorCode> EnsureAsync(Namespace ns, string shareName, SubjectFilter filter)
    {
        var made = await consumers.CreateAsync(new ConsumerSpec
        {
            Consumer = NameOf(ns, shareName, filter.Value),
            Bindings = [new ConsumerBinding { Id = 1, Filters = [filter], Start = ConsumerStart.New }],
            Start = ConsumerStart.New,
            Backlog = options.SessionMessagesMax == 0 && options.SessionBytesMax == 0 ? null : new BacklogLimit { MaxRecords = options.SessionMessagesMax, MaxBytes = options.SessionBytesMax },
            Labels = new Dictionary<string, string> { ["share"] = shareName.Length <= 1024 ? shareName : shareName[..1024], ["filter"] = filter.Value.Length <= 1024 ? filter.Value : filter.Value[..1024] },
        }).ConfigureAwait(false);
        return made.Error == ErrorCode.AlreadyExists ? ErrorCode.None : made.Error;
    }

    /// <summary>A client of this gateway subscribes.</summary>
    public void Add(Namespace ns, MqttSubscription subscription)
    {
        lock (_lock)
        {
            var group = GroupOf(NameOf(ns, subscription.ShareName!, subscription.Filter.Value), subscription.ShareName!, subscription.Filter);
            var member = new SharedMember(this, group.Consumer, $"{_gateway}/{subscription.Connection.Id}/{subscription.ShareName!.Length}", subscription);
            group.Members.Add(subscription, member);
            if (group.IsKept)
                member.Start(consumers);
        }
    }

    public void Remove(Namespace ns, MqttSubscription subscription)
    {
        lock (_lock)
        {
            if (!_groups.TryGetValue(NameOf(ns, subscription.ShareName!, subscription.Filter.Value), out var group) || !group.Members.Remove(subscription, out var member))
                return;
            _ = member.StopAsync();
            ForgetIfEmpty(group);
        }
    }

    /// <summary>The first session anywhere has it, or the last one has it no more.</summary>
    public void SetKept(Namespace ns, string shareName, string filter, bool isKept)
    {
        lock (_lock)
        {
            var group = GroupOf(NameOf(ns, shareName, filter), shareName, SubjectFilter.Parse(filter));
            group.IsKept = isKept;
            if (isKept)
            {
                foreach (var member in group.Members.Values)
                    member.Start(consumers);
                return;
            }
            _ = DeleteAsync(group.Consumer, [.. group.Members.Values.Select(static member => member.StopAsync())]);
            ForgetIfEmpty(group);
        }
    }

    /// <summary>The consumer was removed while a client subscribes: it is made again.</summary>
    public async Task RestartAsync(SharedMember member, ConsumerRef consumer)
    {
        Group? group;
        lock (_lock)
        {
            if (!_groups.TryGetValue(consumer, out group) || !group.IsKept || !group.Members.ContainsValue(member))
                return;
        }
        if (await EnsureAsync(consumer.Namespace, group.ShareName, group.Filter).ConfigureAwait(false) != ErrorCode.None)
            return;
        lock (_lock)
        {
            if (group.IsKept && group.Members.ContainsValue(member))
                member.Start(consumers);
        }
    }

    private static ConsumerRef NameOf(Namespace ns, string shareName, string filter) => new(
        ns, ConsumerPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{shareName}\0{filter}")).AsSpan(0, HashBytes)));

    /// <summary>The last gateway whose members have left removes it.</summary>
    private async Task DeleteAsync(ConsumerRef consumer, Task[] leaving)
    {
        await Task.WhenAll(leaving).ConfigureAwait(false);
        await consumers.DeleteAsync(new ConsumerDelete { Consumer = consumer, IfUnused = true }).ConfigureAwait(false);
    }

    private Group GroupOf(ConsumerRef consumer, string shareName, SubjectFilter filter)
    {
        if (!_groups.TryGetValue(consumer, out var group))
            _groups.Add(consumer, group = new Group(consumer, shareName, filter));
        return group;
    }

    private void ForgetIfEmpty(Group group)
    {
        if (!group.IsKept && group.Members.Count == 0)
            _groups.Remove(group.Consumer);
    }

    private sealed class Group(ConsumerRef consumer, string shareName, SubjectFilter filter)
    {
        public ConsumerRef Consumer { get; } = consumer;

        public string ShareName { get; } = shareName;

        public SubjectFilter Filter { get; } = filter;

        public bool IsKept { get; set; }

        public Dictionary<MqttSubscription, SharedMember> Members { get; } = [];
    }
}
