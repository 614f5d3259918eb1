using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/connz</c>: connections, with <c>limit</c>, <c>offset</c>, <c>sort</c>, <c>subs</c>, <c>auth</c>, <c>state</c> (open, closed, all) and <c>cid</c>.</summary>
internal sealed class ConnectionsReport(NatsGatewayState gateway)
{
    private const int DefaultLimit = 1024;

    public void Write(Utf8JsonWriter json, IQueryCollection query)
    {
        var limit = Number(query, "limit", DefaultLimit);
        var offset = Number(query, "offset", 0);
        var rows = Sort(Select(query), query["sort"].ToString()).ToList();
        var now = gateway.Now;

        json.WriteStartObject();
        json.WriteString("server_id", gateway.Info.Id);
        json.WriteString("now", now.UtcDateTime);
        json.WriteNumber("num_connections", Math.Clamp(rows.Count - offset, 0, limit));
        json.WriteNumber("total", rows.Count);
        json.WriteNumber("offset", offset);
        json.WriteNumber("limit", limit);
        json.WriteStartArray("connections");
        foreach (var row in rows.Skip(offset).Take(limit))
            ConnectionRowWriter.Write(json, row, now, Flag(query, "subs"), Flag(query, "auth"));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private IEnumerable<ConnectionRow> Select(IQueryCollection query)
    {
        var state = query["state"].ToString();
        var open = state is "closed" or "2" ? [] : gateway.Connections.Open.Select(static connection => new ConnectionRow(connection, null));
        var closed = state is "closed" or "2" or "all" or "any" or "3"
            ? gateway.Connections.Closed().Select(static closed => new ConnectionRow(closed.Connection, closed))
            : [];
        var rows = open.Concat(closed);
        return ulong.TryParse(query["cid"], out var id) ? rows.Where(row => row.Connection.Id == id) : rows;
    }

    private static IEnumerable<ConnectionRow> Sort(IEnumerable<ConnectionRow> rows, string by) => by switch
    {
        "msgs_to" => rows.OrderByDescending(static row => row.Connection.Outbound.Messages),
        "msgs_from" => rows.OrderByDescending(static row => row.Connection.Received.Messages),
        "bytes_to" => rows.OrderByDescending(static row => row.Connection.Outbound.Bytes),
        "bytes_from" => rows.OrderByDescending(static row => row.Connection.Received.Bytes),
        "subs" => rows.OrderByDescending(static row => row.Connection.SubscriptionCount),
        "last" => rows.OrderByDescending(static row => row.Connection.LastActivityAt),
        "idle" => rows.OrderBy(static row => row.Connection.LastActivityAt),
        "start" => rows.OrderBy(static row => row.Connection.StartedAt),
        "rtt" => rows.OrderByDescending(static row => row.Connection.RoundTrip),
        _ => rows.OrderBy(static row => row.Connection.Id),
    };

    private static int Number(IQueryCollection query, string name, int defaultValue) =>
        int.TryParse(query[name], out var value) && value >= 0 ? value : defaultValue;

    private static bool Flag(IQueryCollection query, string name) => query[name].ToString() is "1" or "true" or "detail";
}

/// <summary>An open connection, or a closed one with how it ended.</summary>
internal readonly record struct ConnectionRow(NatsConnection Connection, ClosedConnection? Closed);
