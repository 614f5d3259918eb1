namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>What a grant speaks of.</summary>
public enum GrantResource
{
    /// <summary>A topic, and the subject that is its name: what all protocols publish to and subscribe to.</summary>
    Topic = 0,

    /// <summary>A group of Kafka's consumers.</summary>
    Group = 1,

    /// <summary>A Kafka producer's transactional id.</summary>
    TransactionalId = 2,

    /// <summary>Everything that belongs to no topic or group: users, grants, the settings of brokers. Has one name: <see cref="Grant.ClusterName"/>.</summary>
    Cluster = 3,
}
