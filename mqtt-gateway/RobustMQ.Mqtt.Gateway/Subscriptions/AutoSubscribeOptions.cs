using System.Text;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>A subscription that every client gets when it connects: <c>mqtt:auto_subscribe:0:...</c>.</summary>
/// <param name="Filter">With <c>%c</c> for the client identifier and <c>%u</c> for the user name.</param>
public sealed record AutoSubscribeOptions(string Filter, SubscriptionOptions Options)
{
    public static AutoSubscribeOptions Read(SettingsReader settings, string section)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var filter = settings.RequiredText($"{section}:topic", "filter, with %c for the client identifier and %u for the user name");
        var qos = settings.Number($"{section}:qos", 0, 0, 2, "highest QoS of deliveries");
        var noLocal = settings.Flag($"{section}:no_local", false, "leaves out what the client itself publishes");
        var asPublished = settings.Flag($"{section}:retain_as_published", false, "keeps the publisher's retain flag");
        var handling = settings.Number($"{section}:retain_handling", 0, 0, 2, "retained messages: 0 at every connection, 1 when the subscription is new, 2 never");
        if (!MqttTopics.IsFilter(Encoding.UTF8.GetBytes(filter), int.MaxValue))
            settings.Refuse($"{section}:topic", "is no topic filter");
        return new AutoSubscribeOptions(filter, SubscriptionOptions.Of((byte)qos, noLocal, asPublished, (RetainHandling)handling));
    }
}
