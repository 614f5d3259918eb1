namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>The orders in which <c>/connz</c> lists connections; largest, latest or longest first, except ids and names.</summary>
internal static class ConnectionOrder
{
    private static readonly HashSet<string> Known =
        ["", "cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from", "last", "idle", "uptime", "stop", "reason", "rtt"];

    /// <summary>As nats-server words it; null where the order is one.</summary>
    public static string? ProblemOf(string by, bool isClosedOnly)
    {
        if (!Known.Contains(by))
            return $"invalid sorting option: {by}";
        return by is "stop" or "reason" && !isClosedOnly ? $"sort by {by} only valid on closed connections" : null;
    }

    public static IEnumerable<ConnectionRow> Sort(IEnumerable<ConnectionRow> rows, string by) => by switch
    {
        "msgs_to" => rows.OrderByDescending(static row => row.Connection.Outbound.Messages),
        "msgs_from" => rows.OrderByDescending(static row => row.Connection.Received.Messages),
        "bytes_to" => rows.OrderByDescending(static row => row.Connection.Outbound.Bytes),
        "bytes_from" => rows.OrderByDescending(static row => row.Connection.Received.Bytes),
        "subs" => rows.OrderByDescending(static row => row.Connection.SubscriptionCount),
        "last" => rows.OrderByDescending(static row => row.Connection.LastActivityAt),
        "idle" => rows.OrderBy(static row => row.Connection.LastActivityAt),
        "start" => rows.OrderBy(static row => row.Connection.StartedAt),
        "pending" => rows.OrderByDescending(static row => row.Connection.Outbound.PendingBytes),
        "uptime" => rows.OrderBy(static row => row.Connection.StartedAt),
        "stop" => rows.OrderBy(static row => row.Closed?.StoppedAt),
        "reason" => rows.OrderBy(static row => row.Closed?.Reason, StringComparer.Ordinal),
        "rtt" => rows.OrderByDescending(static row => row.Connection.RoundTrip),
        _ => rows.OrderBy(static row => row.Connection.Id),
    };
}
