using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary><c>/connz</c>: connections, with <c>limit</c>, <c>offset</c>, <c>sort</c>, <c>subs</c>, <c>auth</c>, <c>state</c> (open, closed, all) and <c>cid</c>.</summary>
internal sealed class ConnectionsReport(NatsGatewayState gateway)
{
    public void Write(Utf8JsonWriter json, IQueryCollection query)
    {
        var page = ReportPage.Read(query);
        var rows = ConnectionOrder.Sort(Select(query), query["sort"].ToString()).ToList();
        var now = gateway.Now;

        json.WriteStartObject();
        json.WriteString("server_id", gateway.Info.Id);
        json.WriteString("now", now.UtcDateTime);
        json.WriteNumber("num_connections", Math.Clamp(rows.Count - page.Offset, 0, page.Limit));
        json.WriteNumber("total", rows.Count);
        json.WriteNumber("offset", page.Offset);
        json.WriteNumber("limit", page.Limit);
        json.WriteStartArray("connections");
        foreach (var row in page.Of(rows))
            ConnectionRowWriter.Write(json, row, now, query);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What is wrong with the question; null: nothing.</summary>
    public static string? ProblemOf(IQueryCollection query) => ConnectionOrder.ProblemOf(query["sort"].ToString(), IsClosedOnly(query));

    private static bool IsClosedOnly(IQueryCollection query) => query["state"].ToString() is "closed" or "2";

    private IEnumerable<ConnectionRow> Select(IQueryCollection query)
    {
        var state = query["state"].ToString();
        var open = IsClosedOnly(query) ? [] : gateway.Connections.Open.Select(static connection => new ConnectionRow(connection, null));
        var closed = state is "closed" or "2" or "all" or "any" or "3"
            ? gateway.Connections.Closed().Select(static closed => new ConnectionRow(closed.Connection, closed))
            : [];
        var rows = open.Concat(closed);
        return ulong.TryParse(query["cid"], out var id) ? rows.Where(row => row.Connection.Id == id) : rows;
    }
}

/// <summary>An open connection, or a closed one with how it ended.</summary>
internal readonly record struct ConnectionRow(NatsConnection Connection, ClosedConnection? Closed);
