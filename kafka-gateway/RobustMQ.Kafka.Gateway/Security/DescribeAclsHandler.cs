using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Shows the permissions of the users as ACLs. For those who may do everything.</summary>
internal sealed class DescribeAclsHandler(IdentityProvider users) : ApiHandler<DescribeAclsRequest, DescribeAclsResponse>
{
    protected override ValueTask<DescribeAclsResponse> HandleAsync(DescribeAclsRequest request, RequestContext context)
    {
        if (context.Identity.Permissions is not null)
            return new(new DescribeAclsResponse { Error = KafkaError.ClusterAuthorizationFailed });
        if (users.Users.Count == 0)
            return new(new DescribeAclsResponse { Error = KafkaError.SecurityDisabled, ErrorMessage = "no users are configured: anybody may do everything" });
        var acls = users.Users.Where(user => user.Identity.Namespace == context.Namespace).SelectMany(SharedPermissions.AclsOf).Where(acl => acl.Matches(request));
        return new(new DescribeAclsResponse
        {
            Resources =
            [
                .. acls.GroupBy(static acl => (acl.ResourceType, acl.ResourceName, acl.PatternType)).Select(static resource => new DescribeAclsResponse.Resource
                {
                    Type = resource.Key.ResourceType,
                    Name = resource.Key.ResourceName,
                    PatternType = resource.Key.PatternType,
                    Acls = [.. resource.Select(static acl => new DescribeAclsResponse.Acl { Principal = acl.Principal, Host = SharedAcl.AnyHost, Operation = acl.Operation, PermissionType = acl.PermissionType })],
                })
            ],
        });
    }
}
