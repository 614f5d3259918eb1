using RobustMQ.Records;
using RobustMQ.Records.Live;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Live deliveries to the vocabulary. Used by one feed's reader at a time.</summary>
internal sealed class LiveMapping
{
    private TopicPartition _lastLog;
    private Proto.TopicPartition? _lastMessage;
    private QueuePick[] _picks = [];

    /// <summary>Valid until the next call, as the message is.</summary>
    public LiveRecords FromMessage(Proto.SubscribeReply.Types.Records records) =>
        new() { Log = LogOf(records.Log), Batch = records.Batch.Memory, Picks = PicksOf(records.Picks) };

    public static PeerInterest FromMessage(Proto.SubscribeReply.Types.PeerInterest peer) =>
        new(
            new SubscriberId(peer.SubscriberId),
            Names.Namespace(peer.Namespace),
            SubjectFilter.Parse(peer.Filter),
            peer.Queue.Length == 0 ? null : peer.Queue,
            peer.Weight);

    private TopicPartition LogOf(Proto.TopicPartition message)
    {
        if (_lastMessage is null || !_lastMessage.Equals(message))
        {
            _lastLog = LogMapping.FromMessage(message);
            _lastMessage = message;
        }
        return _lastLog;
    }

    private ReadOnlyMemory<QueuePick> PicksOf(Google.Protobuf.Collections.RepeatedField<Proto.QueuePick> picks)
    {
        if (picks.Count > _picks.Length)
            _picks = new QueuePick[Math.Max(picks.Count, _picks.Length * 2)];
        for (var at = 0; at < picks.Count; at++)
            _picks[at] = new QueuePick(picks[at].RecordIndex, picks[at].Queue, new SubscriberId(picks[at].SubscriberId));
        return _picks.AsMemory(0, picks.Count);
    }
}
