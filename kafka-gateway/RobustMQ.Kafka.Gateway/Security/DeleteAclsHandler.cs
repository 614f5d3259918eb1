using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Refuses: permissions are configuration.</summary>
internal sealed class DeleteAclsHandler : ApiHandler<DeleteAclsRequest, DeleteAclsResponse>
{
    protected override ValueTask<DeleteAclsResponse> HandleAsync(DeleteAclsRequest request, RequestContext context) => new(new DeleteAclsResponse
    {
        Results = [.. request.Filters.Select(static _ => new DeleteAclsResponse.Result { Error = KafkaError.PolicyViolation, ErrorMessage = SharedPermissions.AreConfigured })],
    });
}
