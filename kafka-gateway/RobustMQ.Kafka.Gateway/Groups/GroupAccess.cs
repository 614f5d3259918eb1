using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>What an identity may do with a group. The configuration does not speak of groups, so that only grants restrict them; what a member reads is decided by topic besides.</summary>
internal static class GroupAccess
{
    /// <summary>Be a member, and move the group's offsets.</summary>
    public static bool CanRead(UserIdentity identity, string group) => May(identity, GrantOperation.Read, group);

    public static bool CanDescribe(UserIdentity identity, string group) => May(identity, GrantOperation.Describe, group);

    public static bool CanDelete(UserIdentity identity, string group) => May(identity, GrantOperation.Delete, group);

    private static bool May(UserIdentity identity, GrantOperation operation, string group) => identity.Grants.Allows(GrantResource.Group, operation, group);
}
