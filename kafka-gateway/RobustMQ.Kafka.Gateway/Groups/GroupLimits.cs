namespace RobustMQ.Kafka.Gateway.Groups;

/// <param name="InitialDelay">An empty group waits this long for more members before its first generation.</param>
/// <param name="ConsumerSession">Silence after which a member of a consumer group (KIP-848) is taken for dead.</param>
internal sealed record GroupLimits(TimeSpan SessionTimeoutMin, TimeSpan SessionTimeoutMax, TimeSpan InitialDelay, int MembersMax, TimeSpan ConsumerSession);
