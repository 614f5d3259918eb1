using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

internal sealed class CreateAclsHandler : ApiHandler<CreateAclsRequest, CreateAclsResponse>
{
    protected override ValueTask<CreateAclsResponse> HandleAsync(CreateAclsRequest request, RequestContext context) => new(new CreateAclsResponse
    {
        Results = [.. request.Creations.Select(static _ => new CreateAclsResponse.Result { Error = KafkaError.SecurityDisabled, ErrorMessage = DescribeAclsHandler.Reason })],
    });
}
