using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/subsz</c>: how much interest there is.</summary>
internal sealed class SubscriptionsReport(NatsGatewayState gateway)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("server_id", gateway.Info.Id);
        json.WriteString("now", gateway.Now.UtcDateTime);
        json.WriteNumber("num_subscriptions", gateway.Accounts.SubscriptionCount);
        json.WriteEndObject();
    }
}
