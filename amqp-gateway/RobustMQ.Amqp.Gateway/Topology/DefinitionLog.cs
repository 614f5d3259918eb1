using System.Globalization;
using System.Text;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>
/// The definitions of one vhost in their log: one record a key, the newest stands. A record carries the storage-node's incarnation, so that what is not durable ends with it.
/// A key that is gone leaves an empty record behind until everybody has read it.
/// </summary>
internal sealed class DefinitionLog(IStorageClient storage, Namespace ns, TimeProvider time)
{
    private static ReadOnlySpan<byte> IncarnationHeader => "incarnation"u8;

    public TopicPartition Log { get; } = new(ns, AmqpTopics.Definitions, 0);

    public async ValueTask<ErrorCode> CreateAsync()
    {
        var created = await storage.Topics.CreateAsync(new TopicSpec
        {
            Namespace = ns,
            Name = AmqpTopics.Definitions,
            Engine = EngineKind.RocksDb,
            Durability = Durability.Durable,
            Retention = new Retention { MaxRecordsPerKey = 1 },
            Filters = [SubjectFilter.Parse(AmqpTopics.DefinitionsSubject)],
        }).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    /// <returns>Where the last of the changes is.</returns>
    public async ValueTask<AppendResult> AppendAsync(IReadOnlyList<TopologyChange> changes, long incarnation, bool durable)
    {
        using var batch = new RecordBatchBuilder();
        var headers = new RecordHeadersBuilder();
        headers.Add(IncarnationHeader, Encoding.ASCII.GetBytes(incarnation.ToString(CultureInfo.InvariantCulture)));
        foreach (var change in changes)
            batch.AppendNullable(time.GetUtcNow().ToUnixTimeMilliseconds(), RecordAttributes.None, Encoding.UTF8.GetBytes(change.Key), change.Encode(), headers);
        var request = new AppendRequest
        {
            Log = Log,
            Batch = batch.Build(),
            IsOwnEncoding = true,
            Durability = durable ? Durability.Durable : Durability.Accepted,
        };
        var result = await storage.Logs.AppendAsync(request).ConfigureAwait(false);
        return result.Succeeded ? result with { BaseOffset = result.BaseOffset + (changes.Count - 1) } : result;
    }

    public ValueTask<ReadResult> ReadAsync(Offset from, TimeSpan maxWait, CancellationToken cancellationToken) =>
        storage.Logs.ReadAsync(new ReadRequest { Log = Log, Offset = from, MaxWait = maxWait }, cancellationToken);

    public ValueTask<DeleteResult> ForgetAsync(IReadOnlyList<Offset> offsets) => storage.Logs.DeleteAsync(new DeleteRequest { Log = Log, Offsets = offsets });

    public static long IncarnationOf(in Record record) =>
        record.Headers.TryGet(IncarnationHeader, out var value) && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var incarnation) ? incarnation : 0;
}
