using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Groups;

internal sealed class HeartbeatHandler(GroupCoordinator groups) : ApiHandler<HeartbeatRequest, HeartbeatResponse>
{
    protected override async ValueTask<HeartbeatResponse> HandleAsync(HeartbeatRequest request, RequestContext context) => new()
    {
        Error = !GroupAccess.CanRead(context.Identity, request.GroupId) ? KafkaError.GroupAuthorizationFailed : await groups.AskAsync(
            context.Namespace, request.GroupId, (machine, now) => machine.Heartbeat(request.MemberId, request.GroupInstanceId, request.Generation, now)).ConfigureAwait(false),
    };
}
