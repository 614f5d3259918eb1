namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>What a grant allows or denies doing.</summary>
public enum GrantOperation
{
    /// <summary>Everything below.</summary>
    All = 0,

    /// <summary>Subscribe; of a group: be its member and move its offsets.</summary>
    Read = 1,

    /// <summary>Publish; of a transactional id: use it.</summary>
    Write = 2,
    Create = 3,
    Delete = 4,
    Alter = 5,

    /// <summary>Know that it is there.</summary>
    Describe = 6,
    DescribeConfigs = 7,
    AlterConfigs = 8,

    /// <summary>Of the cluster: be an idempotent producer, which everybody may who is not denied it.</summary>
    IdempotentWrite = 9,
}
