using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Permissions are subjects that every protocol shares, and are configured: the protocol's own word for "no ACLs to be had here" is that security is off.</summary>
internal sealed class DescribeAclsHandler : ApiHandler<DescribeAclsRequest, DescribeAclsResponse>
{
    public const string Reason = "permissions are configured under auth:users, not by ACLs";

    protected override ValueTask<DescribeAclsResponse> HandleAsync(DescribeAclsRequest request, RequestContext context) =>
        new(new DescribeAclsResponse { Error = KafkaError.SecurityDisabled, ErrorMessage = Reason });
}
