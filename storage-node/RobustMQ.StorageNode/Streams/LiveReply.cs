using System.Buffers;
using Google.Protobuf;
using RobustMQ.Protos.V1;
using RobustMQ.Records.Live;
using RobustMQ.StorageNode.Mapping;

namespace RobustMQ.StorageNode.Streams;

/// <summary>
/// One message to a subscriber in the making. Batches are copied one behind the other into pooled slabs, which go back when the message was sent; messages are used again.
/// </summary>
internal sealed class LiveReply
{
    private const int SlabBytes = 64 << 10;

    private readonly List<byte[]> _slabs = [];
    private readonly List<SubscribeReply.Types.Records> _unused = [];
    private int _slabUsed;

    public SubscribeReply Message { get; } = new();

    /// <summary>Bytes of the batches.</summary>
    public int SizeBytes { get; private set; }

    public void Add(in LiveRecords records)
    {
        var message = Take();
        message.Log = Names.ToMessage(records.Log);
        message.Batch = UnsafeByteOperations.UnsafeWrap(Copy(records.Batch.Span));
        foreach (var pick in records.Picks.Span)
            message.Picks.Add(new Protos.V1.QueuePick { RecordIndex = pick.RecordIndex, Queue = pick.Queue, SubscriberId = pick.Subscriber.Value });
        Message.Records.Add(message);
        SizeBytes += records.Batch.Length;
    }

    public void Add(in PeerInterest peer) => Message.Peers.Add(new SubscribeReply.Types.PeerInterest
    {
        SubscriberId = peer.Subscriber.Value,
        Namespace = peer.Namespace.Value,
        Filter = peer.Filter.Value,
        Queue = peer.Queue ?? string.Empty,
        Weight = peer.Weight,
    });

    /// <summary>The message was sent, or never will be.</summary>
    public void Clear()
    {
        foreach (var records in Message.Records)
        {
            records.Batch = ByteString.Empty;
            records.Picks.Clear();
            _unused.Add(records);
        }
        Message.Records.Clear();
        Message.Peers.Clear();
        Message.Welcome = null;
        Message.Synced = 0;
        Message.Dropped = 0;
        foreach (var slab in _slabs)
            ArrayPool<byte>.Shared.Return(slab);
        _slabs.Clear();
        _slabUsed = 0;
        SizeBytes = 0;
    }

    private SubscribeReply.Types.Records Take()
    {
        if (_unused.Count == 0)
            return new SubscribeReply.Types.Records();
        var records = _unused[^1];
        _unused.RemoveAt(_unused.Count - 1);
        return records;
    }

    private ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        if (_slabs.Count == 0 || _slabs[^1].Length - _slabUsed < bytes.Length)
        {
            _slabs.Add(ArrayPool<byte>.Shared.Rent(Math.Max(SlabBytes, bytes.Length)));
            _slabUsed = 0;
        }
        var target = _slabs[^1].AsMemory(_slabUsed, bytes.Length);
        bytes.CopyTo(target.Span);
        _slabUsed += bytes.Length;
        return target;
    }
}
