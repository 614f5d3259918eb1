using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Looks at a log as it is stored, control batches and what is not decided included.</summary>
internal static class StoredBatches
{
    /// <returns>The batch that an offset lies in, or the first behind it; none at the log's end. The caller disposes it.</returns>
    public static async ValueTask<ReadResult> ReadStoredBatchAsync(this ILogClient logs, TopicPartition log, Offset at, CancellationToken cancellationToken)
    {
        var read = await logs.ReadManyAsync(
            new ReadManyRequest { Logs = [new LogPosition(log, at, MaxBytes: 1)], MaxBytes = 1, Isolation = ReadIsolation.Stored }, cancellationToken).ConfigureAwait(false);
        return read.Logs[0];
    }
}
