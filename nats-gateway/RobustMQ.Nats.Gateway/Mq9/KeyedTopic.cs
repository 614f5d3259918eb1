using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>An internal topic with one record a key in each namespace: the registry of agents, the list of public mailboxes. It comes into being with its first record. Any thread.</summary>
internal sealed class KeyedTopic(IStorageClient storage, TopicName name, TimeProvider time)
{
    private readonly ConcurrentDictionary<Namespace, bool> _created = new();

    public TopicPartition LogOf(Namespace ns) => new(ns, name, 0);

    /// <summary>Durable when it completes.</summary>
    /// <param name="value">Null: the key is gone.</param>
    /// <param name="expiresAtMs">Unix ms; 0: never.</param>
    public async ValueTask<ErrorCode> PutAsync(Namespace ns, string key, byte[]? value, long expiresAtMs = 0)
    {
        if (!_created.ContainsKey(ns) && await CreateAsync(ns).ConfigureAwait(false) is var refusal and not ErrorCode.None)
            return refusal;
        using var batch = new RecordBatchBuilder();
        var headers = new RecordHeadersBuilder();
        if (expiresAtMs > 0)
            headers.Add(RecordHeaderNames.ExpiresAt, Encoding.ASCII.GetBytes(expiresAtMs.ToString(CultureInfo.InvariantCulture)));
        batch.AppendNullable(time.GetUtcNow().ToUnixTimeMilliseconds(), RecordAttributes.None, Encoding.UTF8.GetBytes(key), value, headers);
        var request = new AppendRequest { Log = LogOf(ns), Batch = batch.Build(), IsOwnEncoding = true, Durability = Durability.Durable };
        var result = await storage.Logs.AppendAsync(request).ConfigureAwait(false);
        // Deleted behind our back: the next record makes it again.
        if (result.Error == ErrorCode.NotFound)
            _created.TryRemove(ns, out _);
        return result.Error;
    }

    public ValueTask<ReadResult> ReadAsync(Namespace ns, Offset from, TimeSpan maxWait, CancellationToken cancellationToken) =>
        storage.Logs.ReadAsync(new ReadRequest { Log = LogOf(ns), Offset = from, MaxWait = maxWait }, cancellationToken);

    public ValueTask<LogOffsets> OffsetsAsync(Namespace ns, CancellationToken cancellationToken) =>
        storage.Logs.OffsetsAsync(LogOf(ns), cancellationToken: cancellationToken);

    private async ValueTask<ErrorCode> CreateAsync(Namespace ns)
    {
        var created = await storage.Topics.CreateAsync(new TopicSpec
        {
            Namespace = ns,
            Name = name,
            Engine = EngineKind.RocksDb,
            Durability = Durability.Durable,
            Retention = new Retention { MaxRecordsPerKey = 1 },
            Filters = [MailboxNames.FilterOf(name)],
        }).ConfigureAwait(false);
        if (created.Error is not (ErrorCode.None or ErrorCode.AlreadyExists))
            return created.Error;
        _created[ns] = true;
        return ErrorCode.None;
    }
}
