using System.Text;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Gives a client that has just been let in the subscriptions that are configured for all. What it may not have, it does not get.</summary>
internal sealed class AutomaticSubscriptions(MqttGatewayState gateway, MqttSession session)
{
    public async ValueTask RunAsync()
    {
        if (gateway.Options.AutoSubscriptions.Count == 0)
            return;
        var connection = session.Connection;
        var client = connection.Client!;
        var factory = new SubscriptionFactory(gateway);
        var found = new List<MqttSubscription>();
        var toStore = new List<StoredSubscription>();
        foreach (var (pattern, options) in gateway.Options.AutoSubscriptions)
        {
            if (!ClientPatterns.TryExpand(pattern, client.ClientId, client.Identity.Name, out var filter))
                continue;
            var topicFilter = Encoding.UTF8.GetBytes(filter);
            // One of the client's own for the filter stays as the client wants it.
            if (connection.Stored is not null && connection.HasSubscription(topicFilter))
                continue;
            var stored = connection.Stored?.Filters.Next(topicFilter, options, identifier: 0);
            if (factory.TryCreate(connection, topicFilter, options, identifier: 0, stored?.Id ?? 0, out var subscription) != ReasonCode.Success)
                continue;
            found.Add(subscription!);
            if (stored is not null)
                toStore.Add(stored);
        }
        if (toStore.Count > 0 && await connection.Stored!.Filters.AddAsync(toStore).ConfigureAwait(false) != ErrorCode.None)
        {
            connection.Close(CloseReason.StorageUnavailable);
            return;
        }
        foreach (var subscription in found)
        {
            connection.Subscribe(subscription);
            if (subscription.ShareName is null && subscription.Options.RetainHandling != RetainHandling.DoNotSend)
                session.SendRetained(subscription);
        }
    }
}
