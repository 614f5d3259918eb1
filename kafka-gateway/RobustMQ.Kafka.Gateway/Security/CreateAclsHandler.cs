using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Refuses: permissions are configuration.</summary>
internal sealed class CreateAclsHandler : ApiHandler<CreateAclsRequest, CreateAclsResponse>
{
    protected override ValueTask<CreateAclsResponse> HandleAsync(CreateAclsRequest request, RequestContext context) => new(new CreateAclsResponse
    {
        Results = [.. request.Creations.Select(static _ => new CreateAclsResponse.Result { Error = KafkaError.PolicyViolation, ErrorMessage = SharedPermissions.AreConfigured })],
    });
}
