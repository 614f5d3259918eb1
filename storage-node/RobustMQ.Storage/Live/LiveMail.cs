using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Live;

/// <summary>Something that waits for a busy subscriber: a copy of records, a peer's interest, or the end.</summary>
internal readonly struct LiveMail : IDisposable
{
    private readonly PooledBytes? _bytes;
    private readonly TopicPartition _log;
    private readonly QueuePick[] _picks;
    private readonly PeerInterest? _peer;

    private LiveMail(PooledBytes? bytes, TopicPartition log, QueuePick[] picks, PeerInterest? peer)
    {
        _bytes = bytes;
        _log = log;
        _picks = picks;
        _peer = peer;
    }

    public static LiveMail Disconnect => default;

    public int SizeBytes => _bytes?.Length ?? 0;

    public static LiveMail CopyOf(in LiveRecords records)
    {
        var bytes = new PooledBytes();
        bytes.Write(records.Batch.Span);
        return new LiveMail(bytes, records.Log, records.Picks.ToArray(), null);
    }

    public static LiveMail Of(in PeerInterest peer) => new(null, default, [], peer);

    public void HandTo(ILiveSubscriber subscriber)
    {
        if (_bytes is not null)
            subscriber.OnRecords(new LiveRecords { Log = _log, Batch = _bytes.Memory, Picks = _picks });
        else if (_peer is { } peer)
            subscriber.OnPeerInterest(peer);
        else
            subscriber.OnDisconnected();
    }

    public void Dispose() => _bytes?.Dispose();
}
