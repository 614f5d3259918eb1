using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>One element of <c>/connz</c>'s <c>connections</c>.</summary>
internal static class ConnectionRowWriter
{
    public static void Write(Utf8JsonWriter json, ConnectionRow row, DateTimeOffset now, IQueryCollection query)
    {
        var connection = row.Connection;
        json.WriteStartObject();
        json.WriteNumber("cid", connection.Id);
        json.WriteString("kind", "Client");
        json.WriteString("type", connection.IsWebSocket ? "websocket" : "nats");
        if (connection.RemoteEndPoint is IPEndPoint remote)
        {
            json.WriteString("ip", remote.Address.ToString());
            json.WriteNumber("port", remote.Port);
        }
        WriteTimes(json, row, now);
        json.WriteNumber("pending_bytes", connection.Outbound.PendingBytes);
        json.WriteNumber("in_msgs", connection.Received.Messages);
        json.WriteNumber("out_msgs", connection.Outbound.Messages);
        json.WriteNumber("in_bytes", connection.Received.Bytes);
        json.WriteNumber("out_bytes", connection.Outbound.Bytes);
        json.WriteNumber("subscriptions", connection.SubscriptionCount);
        WriteText(json, "name", connection.Options.Name);
        WriteText(json, "lang", connection.Options.Language);
        WriteText(json, "version", connection.Options.Version);
        if (query.IsSet("auth") && connection.Identity is { } identity)
        {
            WriteText(json, "authorized_user", identity.UserName);
            json.WriteString("account", identity.Account.Namespace.Value);
        }
        if (query.IsSet("subs"))
            WriteSubscriptions(json, connection, query["subs"] == QueryFlags.Detail);
        json.WriteEndObject();
    }

    private static void WriteSubscriptions(Utf8JsonWriter json, NatsConnection connection, bool inDetail)
    {
        json.WriteStartArray(inDetail ? "subscriptions_list_detail" : "subscriptions_list");
        foreach (var subscription in connection.Subscriptions())
        {
            if (inDetail)
                SubscriptionsReport.Write(json, subscription, withAccount: false);
            else
                json.WriteStringValue(Encoding.UTF8.GetString(subscription.Subject));
        }
        json.WriteEndArray();
    }

    private static void WriteTimes(Utf8JsonWriter json, ConnectionRow row, DateTimeOffset now)
    {
        var connection = row.Connection;
        var end = row.Closed?.StoppedAt ?? now;
        json.WriteString("start", connection.StartedAt.UtcDateTime);
        json.WriteString("last_activity", connection.LastActivityAt.UtcDateTime);
        if (row.Closed is { } closed)
        {
            json.WriteString("stop", closed.StoppedAt.UtcDateTime);
            json.WriteString("reason", closed.Reason);
        }
        if (connection.RoundTrip > TimeSpan.Zero)
            json.WriteString("rtt", Durations.FormatShort(connection.RoundTrip));
        json.WriteString("uptime", Durations.Format(end - connection.StartedAt));
        json.WriteString("idle", Durations.Format(end - connection.LastActivityAt));
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
            json.WriteString(name, text);
    }
}
