using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Takes members out of a group: the one that asks, or several that an administrator names.</summary>
internal sealed class LeaveGroupHandler(GroupCoordinator groups) : ApiHandler<LeaveGroupRequest, LeaveGroupResponse>
{
    private const short SeveralFrom = 3;

    protected override async ValueTask<LeaveGroupResponse> HandleAsync(LeaveGroupRequest request, RequestContext context)
    {
        if (!GroupAccess.CanRead(context.Identity, request.GroupId))
            return new LeaveGroupResponse { Error = KafkaError.GroupAuthorizationFailed };
        if (context.Version < SeveralFrom)
        {
            return new LeaveGroupResponse
            {
                Error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) => machine.Leave(request.MemberId, null, now)).ConfigureAwait(false),
            };
        }
        var error = groups.Check(context.Namespace, request.GroupId);
        if (error != KafkaError.None)
            return new LeaveGroupResponse { Error = error };
        var members = new List<LeaveGroupResponse.Member>(request.Members.Count);
        foreach (var member in request.Members)
        {
            error = await groups.AskAsync(context.Namespace, request.GroupId, (machine, now) => machine.Leave(member.MemberId, member.GroupInstanceId, now)).ConfigureAwait(false);
            members.Add(new() { MemberId = member.MemberId, GroupInstanceId = member.GroupInstanceId, Error = error });
        }
        return new LeaveGroupResponse { Members = members };
    }
}
