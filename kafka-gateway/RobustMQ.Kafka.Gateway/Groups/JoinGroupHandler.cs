using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Makes a client a member, or lets it join the next generation. Answered when the generation begins.</summary>
internal sealed class JoinGroupHandler(GroupCoordinator groups) : ApiHandler<JoinGroupRequest, JoinGroupResponse>
{
    /// <summary>From here on a new member is given its id before it joins.</summary>
    private const short KnownIdsFrom = 4;
    private const short SkippedAssignmentsFrom = 9;
    private const short NullableProtocolFrom = 7;

    protected override async ValueTask<JoinGroupResponse> HandleAsync(JoinGroupRequest request, RequestContext context)
    {
        var (error, group) = !GroupAccess.CanRead(context.Identity, request.GroupId) ? (KafkaError.GroupAuthorizationFailed, null)
            : groups.Admit(context.FrameBytes) is var refusal and not KafkaError.None
            ? (refusal, null)
            : await groups.FindAsync(context.Namespace, request.GroupId).ConfigureAwait(false);
        var outcome = group is null
            ? new JoinOutcome(error, request.MemberId)
            : await group.JoinAsync(ticket => Intent(ticket, request, context)).WaitAsync(context.Aborted).ConfigureAwait(false);
        return new JoinGroupResponse
        {
            Error = outcome.Error,
            Generation = outcome.Generation,
            ProtocolType = outcome.ProtocolType,
            ProtocolName = outcome.Protocol ?? (context.Version < NullableProtocolFrom ? string.Empty : null),
            Leader = outcome.Leader,
            SkipAssignment = outcome.SkipAssignment,
            MemberId = outcome.MemberId,
            Members =
            [
                .. (outcome.Members ?? []).Select(static member => new JoinGroupResponse.Member { MemberId = member.Id, GroupInstanceId = member.InstanceId, Metadata = member.Metadata })
            ],
        };
    }

    private static JoinIntent Intent(object ticket, JoinGroupRequest request, RequestContext context)
    {
        var session = TimeSpan.FromMilliseconds(request.SessionTimeoutMs);
        return new JoinIntent(
            ticket,
            request.MemberId,
            request.GroupInstanceId,
            context.ClientId,
            context.Connection.ClientHost,
            session,
            // Version 0 has one timeout for both.
            request.RebalanceTimeoutMs >= 0 ? TimeSpan.FromMilliseconds(request.RebalanceTimeoutMs) : session,
            request.ProtocolType,
            [.. request.Protocols.Select(static protocol => new GroupProtocol(protocol.Name, protocol.Metadata.ToArray()))],
            context.Version >= KnownIdsFrom,
            context.Version >= SkippedAssignmentsFrom);
    }
}
