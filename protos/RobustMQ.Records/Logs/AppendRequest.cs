using RobustMQ.Records.Live;

namespace RobustMQ.Records.Logs;

/// <summary>
/// One batch for one log. The caller keeps <see cref="Batch"/> unchanged until the append's task completes; nobody keeps a reference to it afterwards.
/// </summary>
public readonly struct AppendRequest
{
    public required TopicPartition Log { get; init; }

    /// <summary>One whole record batch (Kafka magic 2).</summary>
    public required ReadOnlyMemory<byte> Batch { get; init; }

    /// <summary>
    /// The caller encoded the batch itself: a storage-node in the same process need not check it again. A promise between parts of one process; what comes over a network
    /// is always checked.
    /// </summary>
    public bool IsOwnEncoding { get; init; }

    /// <summary>
    /// The calling thread has nothing better to do than to wait for the answer: a storage-node in the same process may write and sync on it, which spares a lone append the hand-overs to other threads
    /// and back. Without it the call returns before anything waits for a device.
    /// </summary>
    public bool MayBlock { get; init; }

    public Durability Durability { get; init; }

    public AppendConditions? Conditions { get; init; }

    public LiveRouting Routing { get; init; }
}
