using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Stores what a session is subscribed to: a record for every subscription, and a binding of the session's consumer for those that messages are kept for. The connection's reader
/// only.
/// </summary>
internal sealed class SessionFilters(MqttGatewayState gateway, StoredSession session)
{
    private readonly Dictionary<byte[], StoredSubscription> _present = new(Utf8Comparer.Instance);
    private int _lastId;
    private bool _storesDeliveries;

    /// <summary>Takes what was stored before, as far as the consumer knows it: what one of both has alone was being changed when a gateway ended.</summary>
    public async ValueTask<ErrorCode> TakeAsync(ConsumerState consumer)
    {
        _storesDeliveries = consumer.Spec.StoreDeliveries;
        var bound = consumer.Spec.Bindings.Select(static binding => binding.Id).ToHashSet();
        var missing = new List<ConsumerBinding>();
        foreach (var subscription in session.Saved.Subscriptions)
        {
            _present[subscription.TopicFilter] = subscription;
            _lastId = Math.Max(_lastId, subscription.Id);
            if (HasBinding(subscription) && !bound.Remove(subscription.Id) && BindingOf(subscription) is { } binding)
                missing.Add(binding);
        }
        _lastId = Math.Max(_lastId, bound.Count == 0 ? 0 : bound.Max());
        return missing.Count + bound.Count == 0
            ? ErrorCode.None
            : await gateway.Consumers.BindAsync(new BindingChange { Consumer = session.Name.Consumer, Remove = [.. bound], Add = missing }).ConfigureAwait(false);
    }

    /// <summary>The subscription as it is to be stored: one for a filter that is there already keeps its number.</summary>
    public StoredSubscription Next(byte[] topicFilter, SubscriptionOptions options, uint identifier) => new(
        session.Name.Namespace, _present.TryGetValue(topicFilter, out var present) ? present.Id : ++_lastId, topicFilter, options, identifier);

    /// <summary>Stores subscriptions. When it completes, every publish that is acknowledged from then on through this gateway is kept for them.</summary>
    public async ValueTask<ErrorCode> AddAsync(IReadOnlyList<StoredSubscription> wanted)
    {
        if (!_storesDeliveries && wanted.Any(static subscription => subscription.Options.Qos == 2) && await StoreDeliveriesAsync().ConfigureAwait(false) is var refused and not ErrorCode.None)
            return refused;
        var add = new List<ConsumerBinding>();
        var remove = new List<int>();
        var change = gateway.Sessions.Store.Change(session.Name);
        foreach (var subscription in wanted)
        {
            var hadBinding = _present.TryGetValue(subscription.TopicFilter, out var present) && HasBinding(present);
            if (hadBinding && !HasBinding(subscription))
                remove.Add(subscription.Id);
            else if (!hadBinding && HasBinding(subscription) && BindingOf(subscription) is { } binding)
                add.Add(binding);
            change.Put(subscription);
        }
        foreach (var subscription in wanted)
        {
            if (!subscription.KeepsMessages || !FilterName.TryParse(subscription.TopicFilter, out var name) || name.ShareName is not { } share)
                continue;
            if (SubscriptionFactory.TryMap(gateway.Mapping, name.Filter, out var filter)
                && await gateway.Shares.EnsureAsync(session.Name.Namespace, share, filter).ConfigureAwait(false) is var unshared and not ErrorCode.None)
            {
                change.Dispose();
                return unshared;
            }
        }
        if (add.Count + remove.Count > 0)
        {
            var bound = await gateway.Consumers.BindAsync(new BindingChange { Consumer = session.Name.Consumer, Remove = remove, Add = add }).ConfigureAwait(false);
            if (bound != ErrorCode.None)
            {
                change.Dispose();
                return bound;
            }
        }
        if (await gateway.Sessions.Store.StoreAsync(change).ConfigureAwait(false) is var error and not ErrorCode.None)
            return error;
        foreach (var subscription in wanted)
            _present[subscription.TopicFilter] = subscription;
        return await gateway.Sessions.View.CatchUpAsync().ConfigureAwait(false) ? ErrorCode.None : ErrorCode.Unavailable;
    }

    /// <summary>Forgets subscriptions. What was kept for them and not sent yet is not sent any more.</summary>
    public async ValueTask<ErrorCode> RemoveAsync(IReadOnlyList<byte[]> topicFilters)
    {
        var remove = new List<int>();
        var change = gateway.Sessions.Store.Change(session.Name);
        foreach (var filter in topicFilters)
        {
            if (!_present.Remove(filter, out var present))
                continue;
            change.Remove(SessionPart.Subscription, present.Id);
            if (HasBinding(present))
                remove.Add(present.Id);
        }
        if (await gateway.Sessions.Store.StoreAsync(change).ConfigureAwait(false) is var error and not ErrorCode.None)
            return error;
        return remove.Count == 0
            ? ErrorCode.None
            : await gateway.Consumers.BindAsync(new BindingChange { Consumer = session.Name.Consumer, Remove = remove }).ConfigureAwait(false);
    }

    private static bool HasBinding(StoredSubscription subscription) => subscription is { KeepsMessages: true, IsShared: false };

    private ConsumerBinding? BindingOf(StoredSubscription subscription) =>
        FilterName.TryParse(subscription.TopicFilter, out var name) && SubscriptionFactory.TryMap(gateway.Mapping, name.Filter, out var filter)
            ? new ConsumerBinding { Id = subscription.Id, Filters = [filter], Start = ConsumerStart.New }
            : null;

    /// <summary>At QoS 2 a message must not come again under another packet identifier, whatever happens to the storage-node.</summary>
    private async ValueTask<ErrorCode> StoreDeliveriesAsync()
    {
        var found = await gateway.Consumers.GetAsync(session.Name.Consumer).ConfigureAwait(false);
        if (!found.Succeeded)
            return found.Error;
        var updated = await gateway.Consumers.UpdateAsync(found.State!.Spec with { StoreDeliveries = true }, found.State.Revision).ConfigureAwait(false);
        _storesDeliveries = updated.Succeeded;
        return updated.Error;
    }
}
