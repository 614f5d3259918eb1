using System.Buffers;
using System.Collections.Immutable;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>A transactional id's state as bytes (docs/formats/transactions.md): the protocol's own primitives, with a version before them.</summary>
internal sealed class StoredTransaction : IWireItem
{
    public const short FormatVersion = 1;

    private short _format = FormatVersion;
    private string _id = string.Empty;
    private long _producerId;
    private short _epoch;
    private short _previousEpoch;
    private int _timeoutMs;
    private sbyte _phase;
    private long _startedMs;
    private long _changedMs;
    private IReadOnlyList<TopicPartitions> _topics = [];
    private IReadOnlyList<string> _groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int16(ref _format);
        if (_format != FormatVersion)
            return;
        wire.Text(ref _id);
        wire.Int64(ref _producerId);
        wire.Int16(ref _epoch);
        wire.Int16(ref _previousEpoch);
        wire.Int32(ref _timeoutMs);
        wire.Int8(ref _phase);
        wire.Int64(ref _startedMs);
        wire.Int64(ref _changedMs);
        wire.Items(ref _topics);
        wire.Texts(ref _groups);
        wire.Tags();
    }

    public static byte[] Write(string id, TransactionState state)
    {
        var stored = new StoredTransaction
        {
            _id = id,
            _producerId = state.ProducerId,
            _epoch = state.ProducerEpoch,
            _previousEpoch = state.PreviousEpoch,
            _timeoutMs = state.TimeoutMs,
            _phase = (sbyte)state.Phase,
            _startedMs = state.StartedMs,
            _changedMs = state.ChangedMs,
            _topics = ByTopic(state.Partitions),
            _groups = [.. state.Groups],
        };
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes, FormatVersion, isFlexible: true);
        stored.Carry(ref writer);
        writer.Complete();
        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="StorageException">The bytes are none, or of a version that is not known here.</exception>
    public static (string Id, TransactionState State) Read(Namespace ns, ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes, FormatVersion, isFlexible: true);
        var stored = new StoredTransaction();
        stored.Carry(ref reader);
        if (stored._format != FormatVersion)
            throw new StorageException(ErrorCode.Unsupported, $"a transaction is stored in format {stored._format}, which is not known here");
        if (reader.IsMalformed || !Enum.IsDefined((TransactionPhase)stored._phase))
            throw new StorageException(ErrorCode.CorruptBatch, "a stored transaction cannot be read");
        return (stored._id, new TransactionState
        {
            ProducerId = stored._producerId,
            ProducerEpoch = stored._epoch,
            PreviousEpoch = stored._previousEpoch,
            TimeoutMs = stored._timeoutMs,
            Phase = (TransactionPhase)stored._phase,
            StartedMs = stored._startedMs,
            ChangedMs = stored._changedMs,
            Partitions = [.. stored._topics.SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(ns, TopicName.Parse(topic.Name), partition)))],
            Groups = [.. stored._groups],
        });
    }

    public static IReadOnlyList<TopicPartitions> ByTopic(ImmutableHashSet<TopicPartition> partitions) =>
    [
        .. partitions.GroupBy(static partition => partition.Topic.Value, static partition => partition.Partition)
            .OrderBy(static topic => topic.Key, StringComparer.Ordinal)
            .Select(static topic => new TopicPartitions { Name = topic.Key, Partitions = [.. topic.Order()] })
    ];
}
