using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>One permission in the words of Kafka's ACLs; the numbers are those of the protocol.</summary>
internal sealed record SharedAcl(string Principal, sbyte ResourceType, string ResourceName, sbyte PatternType, sbyte Operation, sbyte PermissionType)
{
    public const string AnyHost = "*";
    public const string AnyName = "*";

    public const sbyte Any = 1;
    public const sbyte Topic = 2;
    public const sbyte Group = 3;
    public const sbyte Match = 2;
    public const sbyte Literal = 3;
    public const sbyte Prefixed = 4;
    public const sbyte All = 2;
    public const sbyte Read = 3;
    public const sbyte Write = 4;
    public const sbyte Deny = 2;
    public const sbyte Allow = 3;

    public bool Matches(DescribeAclsRequest filter) =>
        (filter.ResourceType == Any || filter.ResourceType == ResourceType)
        && (filter.Operation == Any || filter.Operation == Operation)
        && (filter.PermissionType == Any || filter.PermissionType == PermissionType)
        && (filter.Principal is null || filter.Principal == Principal)
        && (filter.Host is null or AnyHost)
        && MatchesName(filter);

    private bool MatchesName(DescribeAclsRequest filter) => filter.PatternType switch
    {
        Any => filter.ResourceName is null || filter.ResourceName == ResourceName,
        // Whatever speaks of a resource of that name.
        Match => filter.ResourceName is not { } name || ResourceName is AnyName || (PatternType == Prefixed ? name.StartsWith(ResourceName, StringComparison.Ordinal) : name == ResourceName),
        _ => filter.PatternType == PatternType && (filter.ResourceName is null || filter.ResourceName == ResourceName),
    };
}
