using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Client;

/// <summary>Takes what a membership brings. Calls come one at a time, in order, and must not block.</summary>
public interface IConsumerReceiver
{
    /// <summary>The member is joined, for the first time or again. What it had before and did not answer is delivered again.</summary>
    void OnJoined(in MemberJoined joined);

    /// <summary>It becomes the single active member, or ceases to be it. Said only when it changes after <see cref="OnJoined"/>.</summary>
    void OnActive(bool isActive);

    /// <summary>Bytes and marks are valid during the call.</summary>
    void OnDeliveries(in Deliveries deliveries);

    /// <summary>
    /// Not joined any more. <see cref="ErrorCode.Unavailable"/>: the connection is lost; it joins again by itself. Everything else is the end, and the last call:
    /// <see cref="ErrorCode.NotFound"/> (no such consumer, or it was deleted), <see cref="ErrorCode.LeaseHeld"/> (exclusive), <see cref="ErrorCode.Fenced"/> (a newer epoch of this member has joined),
    /// <see cref="ErrorCode.LimitExceeded"/>, <see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Unsupported"/> (the storage-node is too old).
    /// </summary>
    void OnLeft(ErrorCode reason);
}
