using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Live;

/// <summary>What became of the records a gateway handed to the storage-node without an acknowledgement to its client.</summary>
public sealed class LiveCounters
{
    private long _stored;
    private long _lost;

    public long StoredRecords => Interlocked.Read(ref _stored);

    /// <summary>Refused or not reached; their local deliveries have happened.</summary>
    public long LostRecords => Interlocked.Read(ref _lost);

    public void Count(ErrorCode error, int records) => Interlocked.Add(ref error == ErrorCode.None ? ref _stored : ref _lost, records);
}
