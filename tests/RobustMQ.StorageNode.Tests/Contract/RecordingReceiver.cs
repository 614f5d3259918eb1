using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.StorageNode.Tests.Contract;

/// <summary>Remembers what a feed brought.</summary>
internal sealed class RecordingReceiver : ILiveReceiver
{
    private readonly Lock _lock = new();
    private readonly List<string> _records = [];
    private readonly List<PeerInterest> _peers = [];

    public SubscriberId Id { get; private set; }

    public int Connections { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary><c>key</c>, or <c>key@queue</c> for a queue's record.</summary>
    public string[] Records
    {
        get
        {
            lock (_lock)
                return [.. _records];
        }
    }

    public PeerInterest[] Peers
    {
        get
        {
            lock (_lock)
                return [.. _peers];
        }
    }

    public void OnConnected(SubscriberId id)
    {
        lock (_lock)
        {
            Id = id;
            Connections++;
            IsConnected = true;
            _peers.Clear();
        }
    }

    public void OnDisconnected() => IsConnected = false;

    public void OnRecords(in LiveRecords records)
    {
        var seen = TestBatch.Read(records.Batch.Span);
        lock (_lock)
        {
            for (var at = 0; at < seen.Count; at++)
            {
                var queues = records.Picks.ToArray().Where(pick => pick.RecordIndex == at).Select(pick => "@" + pick.Queue);
                _records.Add(seen[at].Key + string.Concat(queues));
            }
        }
    }

    public void OnPeerInterest(in PeerInterest interest)
    {
        lock (_lock)
            _peers.Add(interest);
    }

    public void OnDropped(long records)
    {
    }
}
