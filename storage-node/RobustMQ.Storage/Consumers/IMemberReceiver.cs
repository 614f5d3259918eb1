using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

/// <summary>Takes what a membership brings. Calls come one at a time, in order, on the thread pool, and must not block.</summary>
public interface IMemberReceiver
{
    void OnJoined(in MemberJoined joined);

    void OnActive(bool isActive);

    /// <summary>Bytes and marks are valid during the call.</summary>
    void OnDeliveries(in Deliveries deliveries);

    /// <summary>The membership has ended, and not by its own wish. The last call.</summary>
    void OnLeft(ErrorCode reason);
}
