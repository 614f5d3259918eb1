using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>One permission in the words of Kafka's ACLs; the numbers are those of the protocol.</summary>
internal sealed record SharedAcl(string Principal, sbyte ResourceType, string ResourceName, sbyte PatternType, sbyte Operation, sbyte PermissionType)
{
    public const string AnyHost = "*";
    public const string AnyName = "*";

    /// <summary>Of a filter: whatever there is, of every kind of number.</summary>
    public const sbyte Any = 1;

    public const sbyte Topic = 2;
    public const sbyte Group = 3;
    public const sbyte Cluster = 4;
    public const sbyte TransactionalId = 5;
    public const sbyte DelegationToken = 6;
    public const sbyte User = 7;

    public const sbyte Match = 2;
    public const sbyte Literal = 3;
    public const sbyte Prefixed = 4;

    public const sbyte All = 2;
    public const sbyte Read = 3;
    public const sbyte Write = 4;
    public const sbyte Create = 5;
    public const sbyte Delete = 6;
    public const sbyte Alter = 7;
    public const sbyte Describe = 8;
    public const sbyte ClusterAction = 9;
    public const sbyte DescribeConfigs = 10;
    public const sbyte AlterConfigs = 11;
    public const sbyte IdempotentWrite = 12;
    public const sbyte CreateTokens = 13;
    public const sbyte DescribeTokens = 14;
    public const sbyte TwoPhaseCommit = 15;

    public const sbyte Deny = 2;
    public const sbyte Allow = 3;

    /// <summary>Whether a filter speaks in numbers that the protocol has.</summary>
    public static bool IsFilter(AclFilter filter) =>
        filter is { ResourceType: >= Any and <= User, PatternType: >= Any and <= Prefixed, Operation: >= Any and <= TwoPhaseCommit, PermissionType: >= Any and <= Allow };

    public bool Matches(AclFilter filter) =>
        (filter.ResourceType == Any || filter.ResourceType == ResourceType)
        && (filter.Operation == Any || filter.Operation == Operation)
        && (filter.PermissionType == Any || filter.PermissionType == PermissionType)
        && (filter.Principal is null || filter.Principal == Principal)
        && (filter.Host is null or AnyHost)
        && MatchesName(filter);

    private bool MatchesName(AclFilter filter) => filter.PatternType switch
    {
        Any => filter.ResourceName is null || filter.ResourceName == ResourceName,
        // Whatever speaks of a resource of that name.
        Match => filter.ResourceName is not { } name
            || (PatternType == Prefixed ? name.StartsWith(ResourceName, StringComparison.Ordinal) : name == ResourceName || ResourceName == AnyName),
        _ => filter.PatternType == PatternType && (filter.ResourceName is null || filter.ResourceName == ResourceName),
    };
}
