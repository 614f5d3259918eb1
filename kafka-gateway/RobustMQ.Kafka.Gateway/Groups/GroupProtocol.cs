namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>A way to share out partitions that a member knows, with what it wants the leader to be told about it.</summary>
internal sealed record GroupProtocol(string Name, byte[] Metadata);
