using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

/// <summary>Something that a member is to be told, in order with its deliveries.</summary>
internal readonly record struct MemberNotice(ConsumerMembership Member, MemberNoticeKind Kind, ErrorCode Reason = ErrorCode.None, MemberJoined Joined = default);

internal enum MemberNoticeKind
{
    Joined,
    Active,
    Inactive,
    Left,

    /// <summary>It left by itself: nothing to tell, but nothing comes after.</summary>
    Ended,
}
