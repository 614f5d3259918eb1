using System.Buffers.Text;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// The states of a namespace's transactional ids in its topic <c>_kafka-transactions</c>: one record an id, the newest stands. Whoever writes one says which it has seen before, so that of two gateways that
/// both take themselves for the coordinator only one gets on.
/// </summary>
internal sealed class TransactionLog(IStorageClient storage)
{
    public static readonly TopicName Topic = TopicName.Parse("_kafka-transactions");

    /// <summary>What is stored of an id.</summary>
    /// <param name="State">Null: the id is not known.</param>
    /// <param name="At">Of its record; <see cref="Offset.None"/>: there is none.</param>
    public readonly record struct Entry(string Id, TransactionState? State, Offset At);

    public async ValueTask<(ErrorCode Error, Entry Entry)> ReadAsync(Namespace ns, int slot, string id, CancellationToken cancellationToken = default)
    {
        var request = new ReadRequest { Log = LogOf(ns), Start = ReadStart.Last, Filters = [SubjectFilter.Parse(SubjectOf(slot, id))], MaxRecords = 1 };
        using var read = await storage.Logs.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        if (read.Error == ErrorCode.NotFound)
            return (ErrorCode.None, new Entry(id, null, Offset.None));
        if (!read.Succeeded)
            return (read.Error, default);
        var entries = Parse(ns, read.Batches);
        return (ErrorCode.None, entries.Count == 0 ? new Entry(id, null, Offset.None) : entries[^1]);
    }

    /// <summary>Everything of one slot that can be read, each id once: one record that cannot holds up its own id and no other.</summary>
    /// <param name="unreadable">Called with every record that cannot.</param>
    public async ValueTask<(ErrorCode Error, IReadOnlyCollection<Entry> Entries)> ReadSlotAsync(
        Namespace ns, int slot, Action<Offset, StorageException> unreadable, CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, Entry>();
        var request = new ReadRequest { Log = LogOf(ns), Start = ReadStart.LastPerKey, Filters = [SubjectFilter.Parse($"{Topic.Value}.{slot}.>")] };
        while (true)
        {
            using var read = await storage.Logs.ReadAsync(request, cancellationToken).ConfigureAwait(false);
            if (read.Error == ErrorCode.NotFound)
                return (ErrorCode.None, entries.Values);
            if (!read.Succeeded)
                return (read.Error, entries.Values);
            // One that is stored again between two reads is found by both.
            foreach (var entry in Parse(ns, read.Batches, unreadable))
                entries[entry.Id] = entry;
            if (read.NextOffset >= read.LogEndOffset || read.NextOffset <= request.Offset)
                return (ErrorCode.None, entries.Values);
            request = request with { Offset = read.NextOffset };
        }
    }

    /// <returns><see cref="ErrorCode.OffsetMismatch"/>: somebody else has stored something since.</returns>
    public async ValueTask<AppendResult> WriteAsync(Namespace ns, int slot, string id, TransactionState state, Offset seen)
    {
        using var batch = new RecordBatchBuilder();
        batch.Append(state.ChangedMs, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(SubjectOf(slot, id)), StoredTransaction.Write(id, state));
        var request = new AppendRequest
        {
            Log = LogOf(ns),
            Batch = batch.Build(),
            IsOwnEncoding = true,
            Durability = Durability.Durable,
            Conditions = new AppendConditions { ExpectedLastOffsetForKey = seen },
        };
        var result = await storage.Logs.AppendAsync(request).ConfigureAwait(false);
        if (result.Error != ErrorCode.NotFound)
            return result;
        var created = await CreateAsync(ns).ConfigureAwait(false);
        return created == ErrorCode.None ? await storage.Logs.AppendAsync(request).ConfigureAwait(false) : AppendResult.Failed(created);
    }

    /// <summary>Forgets ids. One whose record has been replaced meanwhile stays.</summary>
    /// <returns>How many are gone.</returns>
    public async ValueTask<long> ForgetAsync(Namespace ns, IReadOnlyList<Offset> records) =>
        (await storage.Logs.DeleteAsync(new DeleteRequest { Log = LogOf(ns), Offsets = records }).ConfigureAwait(false)).DeletedRecords;

    /// <summary>Without filters: no publish by subject, of whatever protocol, is routed here.</summary>
    private async ValueTask<ErrorCode> CreateAsync(Namespace ns)
    {
        var created = await storage.Topics.CreateAsync(new TopicSpec
        {
            Namespace = ns,
            Name = Topic,
            Engine = EngineKind.RocksDb,
            Durability = Durability.Durable,
            Retention = new Retention { MaxRecordsPerKey = 1 },
        }).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    /// <exception cref="StorageException">A record cannot be read, and nobody is there to be told.</exception>
    private static List<Entry> Parse(Namespace ns, ReadOnlyMemory<byte> batches, Action<Offset, StorageException>? unreadable = null)
    {
        var entries = new List<Entry>();
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
            {
                try
                {
                    var (id, state) = StoredTransaction.Read(ns, records.Current.Value.ToArray());
                    entries.Add(new Entry(id, state, records.Current.Offset));
                }
                catch (StorageException error) when (unreadable is not null)
                {
                    unreadable(records.Current.Offset, error);
                }
            }
        }
        return entries;
    }

    private static TopicPartition LogOf(Namespace ns) => new(ns, Topic, 0);

    /// <summary>Ids may hold what subjects may not.</summary>
    private static string SubjectOf(int slot, string id) => $"{Topic.Value}.{slot}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id))}";
}
