using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Client;

/// <summary>Takes what a live feed brings. Calls come one at a time, in order, and must not block.</summary>
public interface ILiveReceiver
{
    /// <summary>A connection stands. What peers want is told next, from nothing.</summary>
    void OnConnected(SubscriberId id);

    /// <summary>No records and no peers until the next <see cref="OnConnected"/>. A feed that is disposed does not say it.</summary>
    void OnDisconnected();

    /// <summary>The bytes are valid during the call.</summary>
    void OnRecords(in LiveRecords records);

    void OnPeerInterest(in PeerInterest interest);

    /// <summary>The storage-node left out this many records because this feed was too slow.</summary>
    void OnDropped(long records);
}
