using System.Buffers.Text;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Delivery;
using RobustMQ.Storage.Consumers.Dispatch;

namespace RobustMQ.Storage.Consumers;

/// <summary>Stores copies of records that a consumer gave up.</summary>
internal static class DeadLetters
{
    /// <summary>Appends the copy of one record. The task that is returned completes when it is stored, so that several are stored together.</summary>
    /// <returns>None also where the record is not there any more.</returns>
    public static async ValueTask<Task<ErrorCode>> BeginAsync(ConsumerEnvironment environment, Consumer consumer, LogLink link, long offset, PendingRecord pending)
    {
        if (consumer.Spec.DeadLetter is not { } policy)
            return Task.FromResult(ErrorCode.None);
        try
        {
            using var record = new SingleRecord();
            if (!await record.ReadAsync(link.Partition, offset).ConfigureAwait(false))
                return Task.FromResult(ErrorCode.None);
            using var builder = new RecordBatchBuilder();
            var source = $"{link.Partition.Name.Topic}/{link.Partition.Name.Partition}/{offset}";
            var subject = record.Read((in Record dead) => Copy(dead, builder, policy, consumer.Ref, link, source, pending, environment.NowMs));
            if (await FindLogAsync(environment, consumer.Ref.Namespace, policy.Topic, subject).ConfigureAwait(false) is not { } log)
                return Task.FromResult(ErrorCode.NotFound);
            return AppendAsync(environment, new AppendRequest { Log = log, Batch = builder.Build(ProducerState.None).ToArray(), IsOwnEncoding = true });
        }
        catch (StorageException failure)
        {
            return Task.FromResult(failure.Code);
        }
    }

    private static async Task<ErrorCode> AppendAsync(ConsumerEnvironment environment, AppendRequest request)
    {
        try
        {
            return (await environment.AppendAsync(request).ConfigureAwait(false)).Error;
        }
        catch (StorageException failure)
        {
            return failure.Code;
        }
    }

    /// <returns>The copy's subject.</returns>
    private static byte[] Copy(
        in Record record, RecordBatchBuilder builder, Records.Consumers.DeadLetterPolicy policy, Records.Consumers.ConsumerRef consumer, LogLink link, string source,
        in PendingRecord pending, long nowMs)
    {
        var own = record.KeyIsSubject ? record.Key : link.Partition.TopicSubject;
        var subject = policy.Subject is { } other ? Encoding.UTF8.GetBytes(other.Value) : own.ToArray();
        var headers = new RecordHeadersBuilder();
        foreach (var header in record.Headers)
        {
            if (header.Name.SequenceEqual(RecordHeaderNames.ExpiresAt) || header.Name.SequenceEqual(RecordHeaderNames.DelayUntil))
                continue;
            if (header.HasValue)
                headers.Add(header.Name, header.Value);
            else
                headers.AddNull(header.Name);
        }
        headers.Add(RecordHeaderNames.DeadReason, ReasonOf(pending.Death));
        headers.Add(RecordHeaderNames.DeadConsumer, Encoding.UTF8.GetBytes(consumer.Name));
        AddNumber(headers, RecordHeaderNames.DeadDeliveries, pending.DeliveryCount);
        headers.Add(RecordHeaderNames.DeadSource, Encoding.UTF8.GetBytes(source));
        headers.Add(RecordHeaderNames.DeadSubject, own);
        AddNumber(headers, RecordHeaderNames.DeadAt, nowMs);
        builder.Append(record.TimestampMs, record.Attributes | RecordAttributes.KeyIsSubject, subject, record.Value, headers);
        return subject;
    }

    private static ReadOnlySpan<byte> ReasonOf(DeadMark mark) => mark switch
    {
        DeadMark.Deliveries => "deliveries"u8,
        DeadMark.Expired => "expired"u8,
        DeadMark.Backlog => "backlog"u8,
        _ => "rejected"u8,
    };

    private static void AddNumber(RecordHeadersBuilder headers, ReadOnlySpan<byte> name, long number)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, text, out var length);
        headers.Add(name, text[..length]);
    }

    private static async ValueTask<TopicPartition?> FindLogAsync(ConsumerEnvironment environment, Namespace ns, TopicName? topic, byte[] subject)
    {
        var found = topic is { } name
            ? await environment.Topics.GetAsync(ns, name).ConfigureAwait(false)
            : await environment.Topics.GetBySubjectAsync(ns, Subject.Parse(Encoding.UTF8.GetString(subject))).ConfigureAwait(false);
        // What nobody owns is stored all the same: it was a stored record.
        if (topic is null && found.Topic?.Name == TopicName.Live)
            found = await environment.Topics.GetAsync(ns, TopicName.Durable).ConfigureAwait(false);
        return found.Topic is { } owner ? new TopicPartition(ns, owner.Name, Partitioner.PartitionOf(subject, owner.Spec.Partitions)) : null;
    }
}
