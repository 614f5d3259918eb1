using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>One topic config: how a topic spec shows it, and how a spec takes it.</summary>
/// <param name="Type">As DescribeConfigs counts: 1 boolean, 2 text, 3 int, 5 long, 7 list.</param>
/// <param name="Default">Null: the storage-node's own, which cannot be asked for by name.</param>
/// <param name="Apply">Null: the value cannot be.</param>
internal sealed record TopicConfig(
    string Name, sbyte Type, string? Default, string Documentation, Func<TopicSpec, string> Show, Func<TopicSpec, string, TopicSpec?> Apply, bool IsReadOnly = false);
