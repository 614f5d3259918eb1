using System.Buffers.Text;
using System.Text;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Amqp.Gateway.DeadLetters;

/// <summary>A record of the dead-letter log: what the storage-node writes when a queue gives a message up, and what a gateway writes when a full queue refuses one.</summary>
internal static class DeadLetterRecord
{
    public static TopicPartition LogOf(Namespace ns) => new(ns, AmqpTopics.DeadLetters, 0);

    public static byte[] SubjectOf(string queue) => Encoding.UTF8.GetBytes(AmqpTopics.DeadLetterSubjectPrefix + AmqpNames.Token(queue));

    /// <summary>A record that a queue had no room for.</summary>
    public static void Write(RecordBatchBuilder batch, in Record record, string queue, long nowMs)
    {
        var headers = new RecordHeadersBuilder();
        foreach (var header in record.Headers)
        {
            if (!header.Name.SequenceEqual(RecordHeaderNames.ExpiresAt))
                headers.Add(header.Name, header.Value);
        }
        headers.Add(RecordHeaderNames.DeadReason, "backlog"u8);
        headers.Add(RecordHeaderNames.DeadConsumer, Encoding.UTF8.GetBytes(Queue.ConsumerPrefix + queue));
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(nowMs, text, out var length);
        headers.Add(RecordHeaderNames.DeadAt, text[..length]);
        batch.Append(record.TimestampMs, RecordAttributes.KeyIsSubject, SubjectOf(queue), record.Value, headers);
    }
}
