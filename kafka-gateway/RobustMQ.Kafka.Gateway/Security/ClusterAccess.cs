using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What an identity may do with what belongs to no topic or group: users, grants, the settings of brokers, every topic that is to be made.</summary>
internal static class ClusterAccess
{
    public static bool May(UserIdentity identity, GrantOperation operation) =>
        identity.IsAdministrator || identity.Grants.Allows(GrantResource.Cluster, operation, Grant.ClusterName, otherwise: false);

    /// <summary>Everybody may be an idempotent producer who may produce at all and is not denied it.</summary>
    public static bool MayProduceIdempotently(UserIdentity identity) =>
        identity.Grants.Decide(GrantResource.Cluster, GrantOperation.IdempotentWrite, Grant.ClusterName) ?? identity.Grants.AllowsSome(GrantResource.Topic, GrantOperation.Write);

    /// <summary>The settings that brokers show are open to all whom the configuration does not leave to grants.</summary>
    public static bool MayDescribeConfigs(UserIdentity identity) => identity.Grants.Allows(GrantResource.Cluster, GrantOperation.DescribeConfigs, Grant.ClusterName);
}
