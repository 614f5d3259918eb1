namespace RobustMQ.GatewayKit.Metrics;

/// <summary>What a gateway has counted by now. All but the first two only grow.</summary>
public readonly record struct GatewayCounts
{
    /// <summary>Open now.</summary>
    public required long Connections { get; init; }

    /// <summary>Standing now.</summary>
    public required long Subscriptions { get; init; }

    public required long ConnectionsAccepted { get; init; }

    /// <summary>Logins that were refused.</summary>
    public required long LoginsRefused { get; init; }

    /// <summary>Connections that were closed because they took their messages too slowly.</summary>
    public required long SlowReceivers { get; init; }

    public required long MessagesIn { get; init; }

    public required long BytesIn { get; init; }

    public required long MessagesOut { get; init; }

    public required long BytesOut { get; init; }

    /// <summary>Records of clients that the storage-node has taken.</summary>
    public required long RecordsStored { get; init; }

    /// <summary>Records without an acknowledgement that it has not.</summary>
    public required long RecordsLost { get; init; }

    /// <summary>Live records of others that this gateway missed because it was too slow.</summary>
    public required long LiveRecordsMissed { get; init; }

    /// <summary>Messages that clients did not get because they took theirs too slowly and were not closed for it.</summary>
    public long MessagesDropped { get; init; }
}
