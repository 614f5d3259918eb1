using RobustMQ.Records.Live;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Remembers what a live feed brought, as text.</summary>
internal sealed class RecordingReceiver : ILiveReceiver
{
    private readonly RecordingSubscriber _seen = new();

    public int Connections { get; private set; }

    public int Disconnections { get; private set; }

    /// <summary>Runs inside every delivery.</summary>
    public Action? OnDelivery
    {
        set => _seen.OnDelivery = value;
    }

    /// <summary><c>offset:key</c> each.</summary>
    public string[] Records => _seen.Records;

    /// <summary><c>key@queue</c> each.</summary>
    public string[] Picks => _seen.Picks;

    public PeerInterest[] Peers => _seen.Peers;

    public long Dropped => _seen.Dropped;

    public void OnConnected(SubscriberId id)
    {
        Connections++;
        _seen.OnConnected(id);
    }

    public void OnDisconnected() => Disconnections++;

    public void OnRecords(in LiveRecords records) => _seen.OnRecords(records);

    public void OnPeerInterest(in PeerInterest interest) => _seen.OnPeerInterest(interest);

    public void OnDropped(long records) => _seen.OnDropped(records);
}
