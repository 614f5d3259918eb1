using System.Text;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Monitoring;

/// <summary>
/// Tells subscribers of <c>$SYS/broker/...</c> about this gateway, under the names that Mosquitto has for the same, every so often. Only clients of the default namespace
/// hear it: the numbers are everybody's. Delivered here, stored and forwarded nowhere.
/// </summary>
internal sealed class SysTopics(MqttGatewayState gateway)
{
    private const string Prefix = "$SYS/broker/";

    private static readonly string Version = $"RobustMQ version {typeof(SysTopics).Assembly.GetName().Version!.ToString(3)}";

    private readonly RunDelivery _delivery = new();
    private readonly RunMessage[] _message = new RunMessage[1];
    private readonly DateTimeOffset _startedAt = gateway.Now;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(gateway.Options.SysInterval, gateway.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                Publish();
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Publish()
    {
        if (!gateway.Namespaces.TryGet(Namespace.Default, out var ns) || ns.SubscriptionCount == 0)
            return;
        var traffic = gateway.Connections.Totals();
        Publish(ns, "version", Version);
        Publish(ns, "uptime", $"{(long)(gateway.Now - _startedAt).TotalSeconds} seconds");
        Publish(ns, "clients/connected", $"{gateway.Connections.Count}");
        Publish(ns, "subscriptions/count", $"{gateway.Namespaces.SubscriptionCount}");
        Publish(ns, "publish/messages/received", $"{traffic.MessagesIn}");
        Publish(ns, "publish/messages/sent", $"{traffic.MessagesOut}");
        Publish(ns, "publish/messages/dropped", $"{traffic.Dropped}");
        Publish(ns, "publish/bytes/received", $"{traffic.BytesIn}");
        Publish(ns, "publish/bytes/sent", $"{traffic.BytesOut}");
        _delivery.FlushList.Flush();
        _delivery.FlushList.ForgetCongested();
    }

    private void Publish(MqttNamespace ns, string name, string value)
    {
        var topic = Prefix + name;
        var subject = Encoding.ASCII.GetBytes(topic.Replace('/', '.'));
        var match = ns.Match(subject, out _);
        if (match.Plain.Length == 0)
            return;
        var payload = Encoding.ASCII.GetBytes(value);
        _message[0] = new RunMessage { PacketStart = 0, PacketLength = 0, PropertiesStart = 0, PropertiesLength = 0, PayloadStart = 0, PayloadLength = payload.Length, AliasAt = -1, ExpiryAt = 0 };
        var run = new PublishRun
        {
            Source = payload,
            Topic = Encoding.ASCII.GetBytes(topic),
            Subject = subject,
            Messages = _message,
            Qos = 0,
            Retain = false,
            IsV5 = true,
            CanCopy = false,
        };
        _delivery.Begin();
        foreach (var receiver in match.Plain)
            _delivery.Deliver(run, receiver, publisher: null);
    }
}
