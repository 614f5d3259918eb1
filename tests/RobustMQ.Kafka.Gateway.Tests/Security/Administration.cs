using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>What tests have an administrator ask.</summary>
internal static class Administration
{
    public static async Task GrantAsync(
        this RawClient root, sbyte resource, string name, sbyte operation, bool isPrefix = false, bool isDenied = false, string principal = "User:eve")
    {
        var acl = new AclBinding
        {
            ResourceType = resource,
            ResourceName = name,
            PatternType = isPrefix ? SharedAcl.Prefixed : SharedAcl.Literal,
            Principal = principal,
            Host = SharedAcl.AnyHost,
            Operation = operation,
            PermissionType = isDenied ? SharedAcl.Deny : SharedAcl.Allow,
        };
        var created = await root.AskAsync<CreateAclsRequest, CreateAclsResponse>(new() { Creations = [acl] }, 3);
        Assert.Equal(KafkaError.None, Assert.Single(created.Results).Error);
    }
}
