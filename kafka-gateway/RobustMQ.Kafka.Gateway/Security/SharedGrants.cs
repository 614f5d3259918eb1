using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Grants that are made at run time, as ACLs and back: every grant has the one ACL that it was made by.</summary>
internal static class SharedGrants
{
    private const string PrincipalType = "User:";

    private static readonly (GrantResource Resource, sbyte Number)[] Resources =
    [
        (GrantResource.Topic, SharedAcl.Topic),
        (GrantResource.Group, SharedAcl.Group),
        (GrantResource.Cluster, SharedAcl.Cluster),
        (GrantResource.TransactionalId, SharedAcl.TransactionalId),
    ];

    private static readonly (GrantOperation Operation, sbyte Number)[] Operations =
    [
        (GrantOperation.All, SharedAcl.All),
        (GrantOperation.Read, SharedAcl.Read),
        (GrantOperation.Write, SharedAcl.Write),
        (GrantOperation.Create, SharedAcl.Create),
        (GrantOperation.Delete, SharedAcl.Delete),
        (GrantOperation.Alter, SharedAcl.Alter),
        (GrantOperation.Describe, SharedAcl.Describe),
        (GrantOperation.DescribeConfigs, SharedAcl.DescribeConfigs),
        (GrantOperation.AlterConfigs, SharedAcl.AlterConfigs),
        (GrantOperation.IdempotentWrite, SharedAcl.IdempotentWrite),
    ];

    public static string PrincipalOf(string user) => PrincipalType + user;

    /// <returns>Null: no principal of a user.</returns>
    public static string? UserOf(string? principal) =>
        principal is not null && principal.StartsWith(PrincipalType, StringComparison.Ordinal) && principal.Length > PrincipalType.Length ? principal[PrincipalType.Length..] : null;

    public static IEnumerable<SharedAcl> AclsOf(StoredGrants granted) => granted.Grants.Select(grant => AclOf(granted.User, grant));

    public static SharedAcl AclOf(string user, Grant grant) => new(
        PrincipalOf(user),
        Resources.First(resource => resource.Resource == grant.Resource).Number,
        grant.Name,
        grant.IsPrefix ? SharedAcl.Prefixed : SharedAcl.Literal,
        Operations.First(operation => operation.Operation == grant.Operation).Number,
        grant.IsDenied ? SharedAcl.Deny : SharedAcl.Allow);

    public static AskedGrant Read(AclBinding acl)
    {
        if (UserOf(acl.Principal) is not { } user)
            return AskedGrant.Invalid("a principal is User:name");
        if (acl.PermissionType is not (SharedAcl.Allow or SharedAcl.Deny))
            return AskedGrant.Invalid("a permission is ALLOW or DENY");
        if (acl.PatternType is not (SharedAcl.Literal or SharedAcl.Prefixed))
            return AskedGrant.Invalid("a pattern is LITERAL or PREFIXED");
        if (acl.ResourceType is SharedAcl.DelegationToken or SharedAcl.User)
            return AskedGrant.Impossible("nothing is granted of delegation tokens and users: resources are TOPIC, GROUP, TRANSACTIONAL_ID and CLUSTER");
        if (Array.Find(Resources, resource => resource.Number == acl.ResourceType) is not { Number: > 0, Resource: var resource })
            return AskedGrant.Invalid("a resource is a TOPIC, GROUP, TRANSACTIONAL_ID or CLUSTER");
        if (acl.ResourceName.Length == 0)
            return AskedGrant.Invalid("a resource has a name");
        if (acl.Operation is SharedAcl.ClusterAction or SharedAcl.CreateTokens or SharedAcl.DescribeTokens or SharedAcl.TwoPhaseCommit)
            return AskedGrant.Impossible("CLUSTER_ACTION, CREATE_TOKENS, DESCRIBE_TOKENS and TWO_PHASE_COMMIT are nothing that clients do here");
        if (Array.Find(Operations, operation => operation.Number == acl.Operation) is not { Number: > 0, Operation: var operation } || !Has(resource, operation))
            return AskedGrant.Invalid("the resource has no such operation");
        if (acl.Host != SharedAcl.AnyHost)
            return AskedGrant.Impossible("a grant holds wherever its user connects from: the host is *");
        var grant = new Grant(resource, acl.ResourceName, acl.PatternType == SharedAcl.Prefixed, operation, acl.PermissionType == SharedAcl.Deny);
        if (grant.IsValid)
            return AskedGrant.Of(user, grant);
        return resource switch
        {
            GrantResource.Cluster => AskedGrant.Invalid($"the cluster has one name, {Grant.ClusterName}, and no prefix"),
            GrantResource.Topic when SpeaksInWildcards(grant) => AskedGrant.Impossible("a subject filter is no topic: a pattern is a name, the beginning of one (PREFIXED), or * for all"),
            _ => AskedGrant.Invalid($"a name has at most {Grant.NameBytesMax} bytes and no control characters"),
        };
    }

    /// <summary>Wildcards are all that makes the name none.</summary>
    private static bool SpeaksInWildcards(Grant grant) => (grant with { Resource = GrantResource.Group }).IsValid;

    /// <summary>Which operations a resource has, as in Kafka; none has one of the configs of groups.</summary>
    private static bool Has(GrantResource resource, GrantOperation operation) => operation == GrantOperation.All || resource switch
    {
        GrantResource.Topic => operation != GrantOperation.IdempotentWrite,
        GrantResource.Group => operation is GrantOperation.Read or GrantOperation.Describe or GrantOperation.Delete,
        GrantResource.TransactionalId => operation is GrantOperation.Write or GrantOperation.Describe,
        _ => operation is not (GrantOperation.Read or GrantOperation.Write or GrantOperation.Delete),
    };
}
