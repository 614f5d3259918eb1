using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Live;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>Remembers what a live subscription brought, as text.</summary>
internal sealed class RecordingSubscriber : ILiveSubscriber
{
    private readonly List<string> _records = [];
    private readonly List<string> _picks = [];
    private readonly List<PeerInterest> _peers = [];
    private readonly Lock _lock = new();

    public SubscriberId Id { get; private set; }

    public bool IsDisconnected { get; private set; }

    public long Dropped { get; private set; }

    public int Batches { get; private set; }

    /// <summary>Runs inside every delivery.</summary>
    public Action? OnDelivery { get; set; }

    /// <summary><c>offset:key</c> each.</summary>
    public string[] Records => Read(_records);

    /// <summary><c>key@queue</c> each.</summary>
    public string[] Picks => Read(_picks);

    public PeerInterest[] Peers
    {
        get
        {
            lock (_lock)
                return [.. _peers];
        }
    }

    public void OnConnected(SubscriberId id) => Id = id;

    public void OnDisconnected() => IsDisconnected = true;

    public void OnRecords(in LiveRecords records)
    {
        OnDelivery?.Invoke();
        var seen = TestBatch.Read(records.Batch.Span);
        lock (_lock)
        {
            Batches++;
            _records.AddRange(seen.Select(record => $"{record.Offset}:{record.Key}"));
            foreach (var pick in records.Picks.Span)
            {
                Assert.Equal(Id, pick.Subscriber);
                _picks.Add($"{seen[pick.RecordIndex].Key}@{pick.Queue}");
            }
        }
    }

    public void OnPeerInterest(in PeerInterest interest)
    {
        lock (_lock)
            _peers.Add(interest);
    }

    public void OnDropped(long records) => Dropped += records;

    private string[] Read(List<string> from)
    {
        lock (_lock)
            return [.. from];
    }
}
