using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>The configuration's permissions as ACLs.</summary>
public sealed class SharedPermissionsTests
{
    [Fact]
    public void A_configured_user_without_permissions_may_do_everything_and_one_made_at_run_time_nothing()
    {
        Assert.Equal(
            [(SharedAcl.Topic, "*"), (SharedAcl.Group, "*"), (SharedAcl.TransactionalId, "*"), (SharedAcl.Cluster, "kafka-cluster")],
            SharedPermissions.AclsOf(User(null, isStored: false)).Select(static acl => (acl.ResourceType, acl.ResourceName)));
        Assert.Empty(SharedPermissions.AclsOf(User(null, isStored: true)));
    }

    [Fact]
    public void Default_permissions_are_shown_of_either()
    {
        var defaults = new PermissionOptions { PublishAllow = ["own.>"], SubscribeAllow = ["news", "work workers"], SubscribeDeny = ["news.old"] };
        foreach (var isStored in new[] { false, true })
        {
            Assert.Equal(
                [
                    new("User:ann", SharedAcl.Topic, "own.", SharedAcl.Prefixed, SharedAcl.Write, SharedAcl.Allow),
                    new("User:ann", SharedAcl.Topic, "news", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow),
                    new("User:ann", SharedAcl.Topic, "work", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow),
                    new("User:ann", SharedAcl.Group, "workers", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow),
                    new("User:ann", SharedAcl.Topic, "news.old", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Deny),
                ],
                SharedPermissions.AclsOf(User(defaults, isStored)));
        }
    }

    private static UserDescription User(PermissionOptions? permissions, bool isStored) =>
        new(new UserIdentity("ann", Namespace.Default, permissions is null ? null : new Permissions(permissions), null), permissions, [], isStored);
}
