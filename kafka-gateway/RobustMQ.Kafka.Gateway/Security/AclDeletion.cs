using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What becomes of one filter of a request to delete ACLs.</summary>
internal sealed class AclDeletion
{
    public AclDeletion(AclFilter filter)
    {
        Filter = filter;
        if (!SharedAcl.IsFilter(filter))
            (Error, Message) = (KafkaError.InvalidRequest, "no filter of ACLs");
    }

    public AclFilter Filter { get; }

    public List<SharedAcl> Gone { get; } = [];

    public KafkaError Error { get; set; }

    public string? Message { get; set; }

    public DeleteAclsResponse.Result ToResult() => new()
    {
        Error = Error,
        ErrorMessage = Message,
        Matches =
        [
            .. Gone.Select(static acl => new DeleteAclsResponse.Match
            {
                Acl = new AclBinding
                {
                    ResourceType = acl.ResourceType,
                    ResourceName = acl.ResourceName,
                    PatternType = acl.PatternType,
                    Principal = acl.Principal,
                    Host = SharedAcl.AnyHost,
                    Operation = acl.Operation,
                    PermissionType = acl.PermissionType,
                },
            })
        ],
    };
}
