using RobustMQ.Mqtt.Gateway.Connections;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>
/// What one client gets of one subject: one copy, whatever number of its subscriptions match, with the highest QoS of them and all their identifiers (5.0 section 3.3.4).
/// Unchanging, shared.
/// </summary>
internal sealed class Receiver
{
    private Receiver(MqttConnection connection) => Connection = connection;

    public MqttConnection Connection { get; }

    public byte Qos { get; private init; }

    public bool RetainAsPublished { get; private init; }

    /// <summary>Encoded properties, one for each subscription that has an identifier.</summary>
    public byte[] Identifiers { get; private init; } = [];

    /// <summary>Every subscription behind it is denied in part.</summary>
    public bool ChecksDeliveries { get; private init; }

    /// <summary>Messages that are stored come to the client from its session, and not as they are published.</summary>
    public bool GetsStored { get; private init; }

    /// <summary>What the client gets of its own publishes: this, or less where it said no local; null: nothing.</summary>
    public Receiver? ForOwn { get; private set; }

    public static Receiver Of(MqttSubscription only) => Of(only.Connection, [only]);

    /// <param name="subscriptions">Of this connection; one at least.</param>
    public static Receiver Of(MqttConnection connection, IReadOnlyList<MqttSubscription> subscriptions)
    {
        var receiver = Merge(connection, subscriptions);
        var local = subscriptions.Where(static subscription => !subscription.Options.NoLocal).ToList();
        receiver.ForOwn = local.Count == subscriptions.Count ? receiver : local.Count == 0 ? null : Merge(connection, local);
        return receiver;
    }

    private static Receiver Merge(MqttConnection connection, IReadOnlyList<MqttSubscription> subscriptions) => new(connection)
    {
        Qos = subscriptions.Max(static subscription => subscription.Options.Qos),
        RetainAsPublished = subscriptions.Any(static subscription => subscription.Options.RetainAsPublished),
        Identifiers = subscriptions.Count == 1 ? subscriptions[0].Identifier : [.. subscriptions.SelectMany(static subscription => subscription.Identifier)],
        GetsStored = subscriptions.Any(static subscription => subscription.IsKept),
        ChecksDeliveries = subscriptions.All(static subscription => subscription.ChecksDeliveries),
    };
}
