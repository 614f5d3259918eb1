using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Monitoring;

/// <summary>
/// Tells subscribers of <c>$SYS/broker/...</c> about this gateway: everything when they subscribe, as if it were retained, and from then on, every so often, what has changed. Only clients of the
/// default namespace hear it: the numbers are everybody's. Delivered here, stored and forwarded nowhere. Thread-safe.
/// </summary>
internal sealed class SysTopics
{
    private const string Prefix = "$SYS/broker/";

    private readonly MqttGatewayState _gateway;
    private readonly BrokerFigures _figures;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SysMessage> _messages = [];
    private readonly RunDelivery _delivery = new();

    public SysTopics(MqttGatewayState gateway)
    {
        _gateway = gateway;
        _figures = new BrokerFigures(gateway);
        lock (_lock)
            Refresh(listeners: null);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_gateway.Options.SysInterval, _gateway.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    _gateway.Namespaces.TryGet(Namespace.Default, out var listeners);
                    Refresh(listeners);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Tells a new subscription what the topics under it say. After its SUBACK.</summary>
    public void Greet(MqttSubscription subscription)
    {
        var connection = subscription.Connection;
        if (subscription.FilterBytes[0] != '$' || connection.Client!.Namespace.Name != Namespace.Default)
            return;
        var form = new WireForm();
        var flushes = new FlushList();
        var isV5 = connection.Version == Protocol.MqttVersion.V5;
        lock (_lock)
        {
            foreach (var message in _messages.Values)
            {
                if (!SubjectRules.Matches(subscription.FilterBytes, message.Subject) || (subscription.ChecksDeliveries && !connection.MayReceive(message.Subject)))
                    continue;
                form.Encode(message.Run, isV5, qos: 0, retain: true, isV5 ? subscription.Identifier : []);
                connection.Outbound.Deliver(form, connection, flushes);
            }
            flushes.Flush();
        }
    }

    private void Refresh(MqttNamespace? listeners)
    {
        foreach (var (name, value) in _figures.Take())
        {
            if (_messages.TryGetValue(name, out var old) && old.Value == value)
                continue;
            var message = new SysMessage(Prefix + name, value);
            _messages[name] = message;
            if (listeners is not null && listeners.SubscriptionCount > 0)
                Publish(listeners, message);
        }
        _delivery.FlushList.Flush();
        _delivery.FlushList.ForgetCongested();
    }

    private void Publish(MqttNamespace listeners, SysMessage message)
    {
        var match = listeners.Match(message.Subject, out _);
        if (match.Plain.Length == 0)
            return;
        _delivery.Begin();
        foreach (var receiver in match.Plain)
            _delivery.Deliver(message.Run, receiver, publisher: null);
    }
}
