using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Takes the leader's assignment and gives each member its own. Answered when the leader has spoken.</summary>
internal sealed class SyncGroupHandler(GroupCoordinator groups) : ApiHandler<SyncGroupRequest, SyncGroupResponse>
{
    protected override async ValueTask<SyncGroupResponse> HandleAsync(SyncGroupRequest request, RequestContext context)
    {
        // Followers bring nothing.
        var (error, group) = !GroupAccess.CanRead(context.Identity, request.GroupId) ? (KafkaError.GroupAuthorizationFailed, null)
            : request.Assignments.Count > 0 && groups.Admit(context.FrameBytes) is var refusal and not KafkaError.None
            ? (refusal, null)
            : await groups.FindAsync(context.Namespace, request.GroupId).ConfigureAwait(false);
        var outcome = group is null
            ? new SyncOutcome(error)
            : await group.SyncAsync(ticket => Intent(ticket, request)).WaitAsync(context.Aborted).ConfigureAwait(false);
        return new SyncGroupResponse { Error = outcome.Error, ProtocolType = outcome.ProtocolType, ProtocolName = outcome.Protocol, Assignment = outcome.Assignment ?? [] };
    }

    private static SyncIntent Intent(object ticket, SyncGroupRequest request)
    {
        var assignments = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var assignment in request.Assignments)
            assignments[assignment.MemberId] = assignment.Bytes.ToArray();
        return new SyncIntent(ticket, request.MemberId, request.GroupInstanceId, request.Generation, request.ProtocolType, request.ProtocolName, assignments);
    }
}
