using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Client;

/// <summary>
/// Logs as a gateway sees them. Outcomes, a lost storage-node included, are <see cref="ErrorCode"/>s in the results; exceptions mean a mistake of the caller.
/// All calls may be made from any thread; appends of one thread to one log keep their order. Reads, of whatever log, are of messages: what transactions have not committed
/// is not there; only <see cref="ReadManyRequest.Isolation"/> shows it.
/// </summary>
public interface ILogClient
{
    /// <summary>
    /// Appends one batch. Calls need not wait for each other: they are pipelined. A batch without a producer id gets this client's own, so that a repeat after a lost
    /// connection is stored once (acknowledged or not), unless it is live traffic at <see cref="Durability.Accepted"/>, which is never repeated.
    /// </summary>
    /// <returns>Completes at the durability asked for. The batch's bytes are the caller's again then.</returns>
    ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads batches; waits as <see cref="ReadRequest.MaxWait"/> says. The caller disposes the result.</summary>
    ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads many logs in one call; waits as <see cref="ReadManyRequest.MaxWait"/> says. Errors are those of each log, <see cref="ErrorCode.NotLeader"/> too. The caller disposes the result.</summary>
    ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default);

    /// <param name="timeMs">Also look up the first offset at or after this Unix time; -1: no.</param>
    /// <param name="isolation">What counts as the end.</param>
    ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default);

    /// <summary>The idempotent producers that a log remembers, with their open transactions.</summary>
    ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default);

    ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default);

    /// <summary>Opens a live feed, which keeps itself connected until it is disposed.</summary>
    /// <param name="name">For logs and metrics: <c>nats-gateway/host-pid</c>.</param>
    ILiveFeed Subscribe(string name, ILiveReceiver receiver);
}
