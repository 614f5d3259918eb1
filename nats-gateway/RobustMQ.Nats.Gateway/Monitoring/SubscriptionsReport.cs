using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/subsz</c>: how much interest there is; with <c>subs</c> each subscription, from <c>offset</c> on and at most <c>limit</c> of them.</summary>
internal sealed class SubscriptionsReport(NatsGatewayState gateway)
{
    public void Write(Utf8JsonWriter json, IQueryCollection query)
    {
        var page = ReportPage.Read(query);
        var rows = query.IsSet("subs") ? gateway.Connections.Open.SelectMany(static connection => connection.Subscriptions()).ToList() : [];
        json.WriteStartObject();
        json.WriteString("server_id", gateway.Info.Id);
        json.WriteString("now", gateway.Now.UtcDateTime);
        json.WriteNumber("num_subscriptions", gateway.Accounts.SubscriptionCount);
        json.WriteNumber("total", rows.Count);
        json.WriteNumber("offset", page.Offset);
        json.WriteNumber("limit", page.Limit);
        if (query.IsSet("subs"))
        {
            json.WriteStartArray("subscriptions_list");
            foreach (var subscription in page.Of(rows))
                Write(json, subscription, withAccount: true);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, NatsSubscription subscription, bool withAccount)
    {
        json.WriteStartObject();
        if (withAccount && subscription.Connection.Identity is { } identity)
            json.WriteString("account", identity.Account.Namespace.Value);
        // Subjects and ids are bytes: those that are no UTF-8 are shown as far as they are.
        json.WriteString("subject", Encoding.UTF8.GetString(subscription.Subject));
        if (subscription.Queue is { } queue)
            json.WriteString("qgroup", queue);
        json.WriteString("sid", Encoding.UTF8.GetString(subscription.Sid));
        json.WriteNumber("msgs", subscription.Delivered);
        if (subscription.DeliverMax > 0)
            json.WriteNumber("max", subscription.DeliverMax);
        json.WriteNumber("cid", subscription.Connection.Id);
        json.WriteEndObject();
    }
}
