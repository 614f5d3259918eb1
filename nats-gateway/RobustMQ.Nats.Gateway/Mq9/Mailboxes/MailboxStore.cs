using System.Collections.Concurrent;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>
/// Mailboxes in the storage-node: a topic each, on the rocksdb engine, with one record a key. Nothing of a mailbox is kept here, so any gateway serves any mailbox, and a mailbox that is
/// gone costs nothing. Any thread.
/// </summary>
internal sealed class MailboxStore(IStorageClient storage, TimeProvider time)
{
    /// <summary>As many sends are seldom on their way at one moment.</summary>
    private const int IdleEncodersMax = 256;

    private readonly ConcurrentQueue<MessageEncoder> _idleEncoders = new();

    public async ValueTask<ErrorCode> CreateAsync(Namespace ns, MailboxSpec mailbox, CancellationToken cancellationToken)
    {
        var name = MailboxNames.TopicOf(mailbox.Address);
        var labels = new Dictionary<string, string>();
        if (mailbox.Description is { Length: > 0 } description)
            labels["mq9:desc"] = description;
        var spec = new TopicSpec
        {
            Namespace = ns,
            Name = name,
            Engine = EngineKind.RocksDb,
            Durability = Durability.Durable,
            Retention = new Retention { MaxRecordsPerKey = 1 },
            Filters = [MailboxNames.FilterOf(name)],
            TtlMs = mailbox.TtlSeconds * 1000,
            Labels = labels,
        };
        return (await storage.Topics.CreateAsync(spec, cancellationToken).ConfigureAwait(false)).Error;
    }

    /// <summary>Null where the mailbox does not exist.</summary>
    public async ValueTask<(ErrorCode Error, LogOffsets Offsets)> OffsetsAsync(Namespace ns, string address, long timeMs, CancellationToken cancellationToken)
    {
        var offsets = await storage.Logs.OffsetsAsync(MailboxNames.LogOf(ns, address), timeMs, cancellationToken: cancellationToken).ConfigureAwait(false);
        return (offsets.Error, offsets);
    }

    /// <summary>Stores one message; completes when it is durable. Calls of one thread for one mailbox keep their order.</summary>
    /// <param name="mayBlock">As <see cref="AppendRequest.MayBlock"/>.</param>
    public ValueTask<AppendResult> AppendAsync(
        Namespace ns, string address, in SendOptions options, MailPriority priority, ReadOnlySpan<byte> headerBlock, ReadOnlySpan<byte> payload, bool mayBlock)
    {
        if (!_idleEncoders.TryDequeue(out var encoder))
            encoder = new MessageEncoder();
        var append = storage.Logs.AppendAsync(new AppendRequest
        {
            Log = MailboxNames.LogOf(ns, address),
            Batch = encoder.Encode(options, priority, headerBlock, payload, time.GetUtcNow().ToUnixTimeMilliseconds()),
            IsOwnEncoding = true,
            MayBlock = mayBlock,
            Durability = Durability.Durable,
        });
        return CompleteAsync(append, encoder);
    }

    /// <summary>Messages end by themselves: where the one asked for has ended since somebody looked, the reading goes on with the oldest that is there.</summary>
    public async ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await storage.Logs.ReadAsync(request, cancellationToken).ConfigureAwait(false);
            if (page.Error != ErrorCode.OffsetOutOfRange || page.LogStartOffset <= request.Offset)
                return page;
            request = request with { Offset = page.LogStartOffset };
            page.Dispose();
        }
    }

    public ValueTask<DeleteResult> DeleteAsync(Namespace ns, string address, Offset message) =>
        storage.Logs.DeleteAsync(new DeleteRequest { Log = MailboxNames.LogOf(ns, address), Offsets = [message] });

    private async ValueTask<AppendResult> CompleteAsync(ValueTask<AppendResult> append, MessageEncoder encoder)
    {
        try
        {
            return await append.ConfigureAwait(false);
        }
        finally
        {
            if (_idleEncoders.Count < IdleEncodersMax)
                _idleEncoders.Enqueue(encoder);
            else
                encoder.Dispose();
        }
    }
}
