namespace RobustMQ.Records.Nodes;

/// <summary>Who a storage-node is.</summary>
/// <param name="NodeId">Made once for a data directory.</param>
/// <param name="Incarnation">Raised at every start.</param>
public sealed record NodeIdentity(string NodeId, long Incarnation, string Version, Epoch Epoch);

/// <summary>One stage of a start or a running part, and whether it is well.</summary>
public sealed record HealthStage(string Name, bool IsHealthy, string Detail);

/// <summary>Ready when every stage is healthy.</summary>
public sealed record NodeHealth(bool IsReady, IReadOnlyList<HealthStage> Stages);

/// <summary>Totals since the start, except where the name says a present state.</summary>
public sealed record NodeStats
{
    public long Topics { get; init; }

    public long Logs { get; init; }

    public long RecordsAppended { get; init; }

    public long BytesAppended { get; init; }

    public long BatchesAppended { get; init; }

    public long RecordsRead { get; init; }

    public long BytesRead { get; init; }

    public long LiveRecordsDelivered { get; init; }

    public long LiveRecordsDropped { get; init; }

    public long Subscribers { get; init; }

    public long Leases { get; init; }

    /// <summary>Bytes that all logs hold now.</summary>
    public long LogBytes { get; init; }

    /// <summary>Calls that brought bytes of logs to a device.</summary>
    public long LogSyncs { get; init; }

    /// <summary>Reads of stored batches on behalf of readers; what readers share is one.</summary>
    public long LogReads { get; init; }

    public TimeSpan Uptime { get; init; }
}

/// <summary>A producer id and the epoch that fences its earlier users.</summary>
public readonly record struct ProducerIdentity(ErrorCode Error, long ProducerId, short Epoch);
