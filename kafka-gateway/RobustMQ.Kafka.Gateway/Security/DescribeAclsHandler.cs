using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Shows the configured permissions of the users as ACLs, and what was granted beside them as it was made.</summary>
internal sealed class DescribeAclsHandler(IdentityProvider users) : ApiHandler<DescribeAclsRequest, DescribeAclsResponse>
{
    protected override ValueTask<DescribeAclsResponse> HandleAsync(DescribeAclsRequest request, RequestContext context)
    {
        if (!ClusterAccess.May(context.Identity, GrantOperation.Describe))
            return new(new DescribeAclsResponse { Error = KafkaError.ClusterAuthorizationFailed });
        if (!users.HasUsers)
            return new(new DescribeAclsResponse { Error = KafkaError.SecurityDisabled, ErrorMessage = UserChanges.Disabled });
        if (!SharedAcl.IsFilter(request))
            return new(new DescribeAclsResponse { Error = KafkaError.InvalidRequest, ErrorMessage = "no filter of ACLs" });
        var acls = SharedPermissions.AclsOf(users, context.Namespace).Concat(users.GrantsOf(context.Namespace).SelectMany(SharedGrants.AclsOf)).Where(acl => acl.Matches(request)).Distinct();
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
