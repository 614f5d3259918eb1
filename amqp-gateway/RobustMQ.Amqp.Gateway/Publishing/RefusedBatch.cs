using RobustMQ.Amqp.Gateway.DeadLetters;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>A batch that a full queue has refused as a whole: its messages go one by one, as far as there is room.</summary>
internal static class RefusedBatch
{
    /// <param name="endNext">Told what has become of each message, in order.</param>
    public static async ValueTask SendOneByOneAsync(AmqpGatewayState gateway, PublishBatch batch, Action<PublishBatch, ErrorCode> endNext)
    {
        for (var index = 0; index < batch.Waiters.Count; index++)
        {
            using var one = Extract(batch, index, null, gateway.NowMs);
            var error = await AppendAsync(gateway, batch.Log, one, batch.Durability).ConfigureAwait(false);
            if (error == ErrorCode.LimitExceeded && batch.Queue is { Policy.Overflow: QueueOverflow.RejectPublishDeadLetter } queue)
            {
                using var dead = Extract(batch, index, queue, gateway.NowMs);
                await AppendAsync(gateway, DeadLetterRecord.LogOf(batch.Log.Namespace), dead, Durability.Durable).ConfigureAwait(false);
            }
            endNext(batch, error);
        }
    }

    private static ValueTask<ErrorCode> AppendAsync(AmqpGatewayState gateway, TopicPartition log, RecordBatchBuilder batch, Durability durability) =>
        Appending.AppendAsync(gateway.Storage.Logs, new AppendRequest { Log = log, Batch = batch.Build(), IsOwnEncoding = true, Durability = durability });

    /// <param name="deadFor">The queue that has no room for it; null: as it is.</param>
    private static RecordBatchBuilder Extract(PublishBatch batch, int index, QueueSpec? deadFor, long nowMs)
    {
        var reader = new RecordReader(batch.Builder.Build().Span);
        for (var skipped = 0; skipped <= index; skipped++)
            reader.MoveNext();
        ref readonly var record = ref reader.Current;
        var one = new RecordBatchBuilder();
        if (deadFor is null)
            one.Append(record.TimestampMs, record.Attributes, record.Key, record.Value, record.Headers.Encoded, record.Headers.Count);
        else
            DeadLetterRecord.Write(one, record, deadFor.Name, nowMs);
        return one;
    }
}
