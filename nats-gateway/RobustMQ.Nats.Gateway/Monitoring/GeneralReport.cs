using System.Text.Json;
using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/varz</c>: the server at large.</summary>
internal sealed class GeneralReport(NatsGatewayState gateway)
{
    private readonly CpuMeter _cpu = new();

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteSettings(json, gateway.Options);
        WriteState(json);
        json.WriteEndObject();
    }

    private void WriteSettings(Utf8JsonWriter json, NatsOptions options)
    {
        json.WriteString("server_id", gateway.Info.Id);
        json.WriteString("server_name", options.ServerName);
        json.WriteString("version", ServerInfo.CompatibleVersion);
        json.WriteNumber("proto", 1);
        json.WriteString("go", "dotnet" + Environment.Version);
        json.WriteString("host", options.Listener.Address.ToString());
        json.WriteNumber("port", gateway.ListenPort);
        json.WriteBoolean("auth_required", gateway.Authenticator.IsRequired);
        json.WriteBoolean("tls_required", options.Listener.Tls is not null);
        json.WriteNumber("max_connections", options.ConnectionsMax);
        if (options.SubscriptionsMax > 0)
            json.WriteNumber("max_subscriptions", options.SubscriptionsMax);
        json.WriteNumber("ping_interval", (long)options.PingInterval.TotalNanoseconds);
        json.WriteNumber("ping_max", options.PingsOutMax);
        json.WriteString("http_host", options.MonitoringAddress.ToString());
        json.WriteNumber("http_port", options.MonitoringPort);
        json.WriteNumber("auth_timeout", options.AuthenticationTimeout.TotalSeconds);
        json.WriteNumber("max_control_line", options.ControlLineBytesMax);
        json.WriteNumber("max_payload", options.PayloadBytesMax);
        json.WriteNumber("max_pending", options.PendingBytesMax);
    }

    private void WriteState(Utf8JsonWriter json)
    {
        var totals = gateway.Connections.Totals();
        var now = gateway.Now;
        json.WriteString("start", gateway.StartedAt.UtcDateTime);
        json.WriteString("now", now.UtcDateTime);
        json.WriteString("uptime", Durations.Format(now - gateway.StartedAt));
        json.WriteNumber("mem", Environment.WorkingSet);
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteNumber("cpu", _cpu.Percent());
        json.WriteNumber("connections", gateway.Connections.Count);
        json.WriteNumber("total_connections", gateway.Connections.Total);
        json.WriteNumber("routes", 0);
        json.WriteNumber("remotes", 0);
        json.WriteNumber("leafnodes", 0);
        json.WriteNumber("in_msgs", totals.MessagesIn);
        json.WriteNumber("out_msgs", totals.MessagesOut);
        json.WriteNumber("in_bytes", totals.BytesIn);
        json.WriteNumber("out_bytes", totals.BytesOut);
        json.WriteNumber("slow_consumers", gateway.Connections.SlowConsumers);
        json.WriteNumber("stale_connections", gateway.Connections.StaleConnections);
        json.WriteNumber("subscriptions", gateway.Accounts.SubscriptionCount);
    }
}
