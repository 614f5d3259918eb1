using RobustMQ.Records.Logs;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>The protocol's isolation levels: both are of stored batches, which the client itself sorts by transactions.</summary>
internal static class Isolations
{
    private const sbyte ReadCommitted = 1;

    public static ReadIsolation Of(sbyte level) => level == ReadCommitted ? ReadIsolation.StoredStable : ReadIsolation.Stored;
}
