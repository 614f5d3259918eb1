using System.Globalization;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>What DescribeConfigs shows of a broker: this gateway's settings by the names that Kafka has for them. All read-only.</summary>
internal static class BrokerConfigs
{
    public static IReadOnlyList<(string Name, string Value)> Show(KafkaOptions options) =>
    [
        ("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false"),
        ("connections.max.idle.ms", Number((long)options.IdleTimeout.TotalMilliseconds)),
        ("default.replication.factor", "1"),
        ("fetch.max.bytes", Number(options.FetchBytesMax)),
        ("group.initial.rebalance.delay.ms", Number((long)options.GroupInitialDelay.TotalMilliseconds)),
        ("group.max.session.timeout.ms", Number((long)options.GroupSessionTimeoutMax.TotalMilliseconds)),
        ("group.max.size", Number(options.GroupMembersMax)),
        ("group.min.session.timeout.ms", Number((long)options.GroupSessionTimeoutMin.TotalMilliseconds)),
        ("log.retention.ms", Number(options.DefaultRetention == TimeSpan.Zero ? -1 : (long)options.DefaultRetention.TotalMilliseconds)),
        ("max.connections", Number(options.ConnectionsMax)),
        ("num.partitions", Number(options.DefaultPartitions)),
        ("queued.max.request.bytes", Number(options.RequestMemoryBytes)),
        ("socket.request.max.bytes", Number(options.RequestBytesMax)),
    ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
