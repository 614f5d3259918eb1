namespace RobustMQ.Kafka.Gateway.Groups;

/// <param name="InitialDelay">An empty group waits this long for more members before its first generation.</param>
internal sealed record GroupLimits(TimeSpan SessionTimeoutMin, TimeSpan SessionTimeoutMax, TimeSpan InitialDelay, int MembersMax);
