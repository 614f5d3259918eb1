using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.GatewayKit.Identity.Stored;

/// <summary>The topic of users and grants, of all namespaces: one record a key, the newest stands.</summary>
internal sealed class UserLog(IStorageClient storage, TimeProvider time)
{
    private static readonly TopicPartition Log = new(Namespace.Default, StoredRecord.Topic, 0);

    public async ValueTask<ErrorCode> CreateAsync(CancellationToken cancellationToken)
    {
        var created = await storage.Topics.CreateAsync(
            new TopicSpec
            {
                Namespace = Log.Namespace,
                Name = Log.Topic,
                Engine = EngineKind.RocksDb,
                Durability = Durability.Durable,
                Retention = new Retention { MaxRecordsPerKey = 1 },
            }, cancellationToken).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    /// <param name="from">Null: from the beginning.</param>
    public ValueTask<ReadResult> FollowAsync(Offset? from, TimeSpan maxWait, CancellationToken cancellationToken) => storage.Logs.ReadAsync(
        new ReadRequest { Log = Log, Start = from is null ? ReadStart.First : ReadStart.Offset, Offset = from ?? Offset.Zero, MaxWait = maxWait }, cancellationToken);

    /// <returns>What stands under a key, and where; <see cref="Offset.None"/>: nothing does.</returns>
    public async ValueTask<(ErrorCode Error, byte[] Value, Offset At)> FindAsync(string key, CancellationToken cancellationToken)
    {
        var request = new ReadRequest { Log = Log, Start = ReadStart.Last, Filters = [SubjectFilter.Parse(key)], MaxRecords = 1 };
        using var read = await storage.Logs.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        if (!read.Succeeded)
            return (read.Error, [], Offset.None);
        var found = (ErrorCode.None, Value: (byte[])[], At: Offset.None);
        var batches = new BatchReader(read.Batches);
        while (batches.MoveNext())
        {
            var records = new RecordReader(batches.Current.Span);
            while (records.MoveNext())
                found = (ErrorCode.None, records.Current.Value.ToArray(), records.Current.Offset);
        }
        return found;
    }

    /// <returns><see cref="ErrorCode.OffsetMismatch"/>: somebody else has written under the key since.</returns>
    public async ValueTask<AppendResult> WriteAsync(string key, byte[] value, Offset seen, CancellationToken cancellationToken)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(time.GetUtcNow().ToUnixTimeMilliseconds(), RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(key), value);
        var request = new AppendRequest
        {
            Log = Log,
            Batch = batch.Build(),
            IsOwnEncoding = true,
            Durability = Durability.Durable,
            Conditions = new AppendConditions { ExpectedLastOffsetForKey = seen },
        };
        return await storage.Logs.AppendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
