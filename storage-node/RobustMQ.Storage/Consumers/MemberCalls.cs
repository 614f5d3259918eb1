using Microsoft.Extensions.Logging;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

/// <summary>Calls of members' receivers, outside of every lock. One that throws is logged, and its consumer goes on.</summary>
internal static class MemberCalls
{
    public static void Tell(in MemberNotice notice, ConsumerRef consumer, ILogger logger)
    {
        var member = notice.Member;
        try
        {
            switch (notice.Kind)
            {
                case MemberNoticeKind.Joined when !member.IsOver:
                    member.Receiver.OnJoined(notice.Joined);
                    break;
                case MemberNoticeKind.Active or MemberNoticeKind.Inactive when !member.IsOver:
                    member.Receiver.OnActive(notice.Kind == MemberNoticeKind.Active);
                    break;
                case MemberNoticeKind.Left:
                    member.Receiver.OnLeft(notice.Reason);
                    break;
                default:
                    break;
            }
        }
        catch (Exception error)
        {
            ConsumerLog.ReceiverFailed(logger, consumer, member.Slot.Name, error);
        }
        if (notice.Kind is MemberNoticeKind.Left or MemberNoticeKind.Ended)
            member.Ended.TrySetResult();
    }

    public static void Tell(ConsumerMembership member, in Deliveries deliveries, ConsumerRef consumer, ILogger logger)
    {
        try
        {
            member.Receiver.OnDeliveries(deliveries);
        }
        catch (Exception error)
        {
            ConsumerLog.ReceiverFailed(logger, consumer, member.Slot.Name, error);
        }
    }
}
