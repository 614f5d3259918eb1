using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Live;

/// <summary>
/// Takes what a live subscription brings. Calls come one at a time, in order, and must not block: records come on the appender's thread where it finds the
/// subscriber idle, everything else on the thread pool. The first call is <see cref="OnConnected"/>, the last one <see cref="OnDisconnected"/>.
/// </summary>
public interface ILiveSubscriber
{
    /// <summary>Called before <see cref="LiveHub.Subscribe"/> returns. What peers want is told next, from nothing.</summary>
    void OnConnected(SubscriberId id);

    /// <summary>The subscription was disposed, or the node drains.</summary>
    void OnDisconnected();

    /// <summary>The bytes are valid during the call.</summary>
    void OnRecords(in LiveRecords records);

    void OnPeerInterest(in PeerInterest interest);

    /// <summary>This many records were left out because the subscriber was busy for too long.</summary>
    void OnDropped(long records);
}
