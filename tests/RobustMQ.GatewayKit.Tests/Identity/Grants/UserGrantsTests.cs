using System.Text;
using CsCheck;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity.Grants;

/// <summary>What grants say, by themselves and as a part of the permissions that every protocol asks.</summary>
public sealed class UserGrantsTests
{
    [Fact]
    public void What_no_grant_speaks_of_is_left_to_the_configuration()
    {
        var open = Open(Allow(GrantResource.Group, "a", GrantOperation.Read));
        Assert.Null(open.Decide(GrantResource.Group, GrantOperation.Read, "b"));
        Assert.Null(open.Decide(GrantResource.Topic, GrantOperation.Read, "a"));
        Assert.True(open.Allows(GrantResource.Group, GrantOperation.Read, "b"));
        Assert.False(open.Allows(GrantResource.Cluster, GrantOperation.Alter, Grant.ClusterName, otherwise: false));
        Assert.False(Restricted(Allow(GrantResource.Group, "a", GrantOperation.Read)).Allows(GrantResource.Group, GrantOperation.Read, "b"));
    }

    [Fact]
    public void A_denial_outweighs_whatever_allows()
    {
        var grants = Restricted(
            Allow(GrantResource.Group, Grant.AnyName, GrantOperation.All), Deny(GrantResource.Group, "pay", GrantOperation.Read, isPrefix: true), Deny(GrantResource.Group, "all", GrantOperation.All));
        Assert.True(grants.Decide(GrantResource.Group, GrantOperation.Read, "orders"));
        Assert.False(grants.Decide(GrantResource.Group, GrantOperation.Read, "payments"));
        Assert.True(grants.Decide(GrantResource.Group, GrantOperation.Delete, "payments"));
        Assert.False(grants.Decide(GrantResource.Group, GrantOperation.Delete, "all"));
    }

    [Theory]
    [InlineData(GrantOperation.Read, GrantOperation.Describe, true)]
    [InlineData(GrantOperation.Write, GrantOperation.Describe, true)]
    [InlineData(GrantOperation.Delete, GrantOperation.Describe, true)]
    [InlineData(GrantOperation.Alter, GrantOperation.Describe, true)]
    [InlineData(GrantOperation.AlterConfigs, GrantOperation.DescribeConfigs, true)]
    [InlineData(GrantOperation.All, GrantOperation.AlterConfigs, true)]
    [InlineData(GrantOperation.Create, GrantOperation.Describe, false)]
    [InlineData(GrantOperation.Describe, GrantOperation.Read, false)]
    [InlineData(GrantOperation.Alter, GrantOperation.AlterConfigs, false)]
    public void Whoever_may_change_or_use_something_may_know_of_it(GrantOperation granted, GrantOperation wanted, bool isAllowed) =>
        Assert.Equal(isAllowed, Restricted(Allow(GrantResource.Topic, "t", granted)).Allows(GrantResource.Topic, wanted, "t"));

    [Fact]
    public void A_denied_reading_is_not_a_denied_knowing() =>
        Assert.True(Open(Deny(GrantResource.Topic, "t", GrantOperation.Read)).Allows(GrantResource.Topic, GrantOperation.Describe, "t"));

    [Fact]
    public void An_operation_is_allowed_on_some_resource_unless_it_is_denied_on_all()
    {
        Assert.False(Restricted().AllowsSome(GrantResource.Topic, GrantOperation.Write));
        Assert.True(Restricted(Allow(GrantResource.Topic, "t", GrantOperation.Write)).AllowsSome(GrantResource.Topic, GrantOperation.Write));
        Assert.False(Restricted(Allow(GrantResource.Group, "t", GrantOperation.All)).AllowsSome(GrantResource.Topic, GrantOperation.Write));
        Assert.True(Open(Deny(GrantResource.Topic, "t", GrantOperation.Write)).AllowsSome(GrantResource.Topic, GrantOperation.Write));
        Assert.False(Open(Deny(GrantResource.Topic, Grant.AnyName, GrantOperation.Write)).AllowsSome(GrantResource.Topic, GrantOperation.Write));
    }

    [Theory]
    [InlineData(GrantResource.Topic, "a.b", false, true)]
    [InlineData(GrantResource.Topic, "*", false, true)]
    [InlineData(GrantResource.Topic, "*", true, false)]
    [InlineData(GrantResource.Topic, "a.*", false, false)]
    [InlineData(GrantResource.Topic, "a.>", true, false)]
    [InlineData(GrantResource.Topic, "", false, false)]
    [InlineData(GrantResource.Group, "a.*", false, true)]
    [InlineData(GrantResource.Group, "a\n", false, false)]
    [InlineData(GrantResource.Cluster, "kafka-cluster", false, true)]
    [InlineData(GrantResource.Cluster, "kafka-cluster", true, false)]
    [InlineData(GrantResource.Cluster, "other", false, false)]
    public void A_topic_that_would_be_taken_for_a_filter_is_no_name(GrantResource resource, string name, bool isPrefix, bool isValid) =>
        Assert.Equal(isValid, new Grant(resource, name, isPrefix, GrantOperation.Read, IsDenied: false).IsValid);

    [Fact]
    public void Grants_of_topics_are_permissions_of_every_protocol()
    {
        var permissions = Of(new PermissionOptions(), Restricted(
            Allow(GrantResource.Topic, "orders.new", GrantOperation.Write),
            Allow(GrantResource.Topic, "log-", GrantOperation.All, isPrefix: true),
            Allow(GrantResource.Topic, "orders.", GrantOperation.Read, isPrefix: true),
            Deny(GrantResource.Topic, "orders.secret", GrantOperation.Read, isPrefix: true)));
        Assert.True(permissions.CanPublish(Bytes("orders.new")));
        Assert.False(permissions.CanPublish(Bytes("orders.old")));
        Assert.True(permissions.CanPublish(Bytes("log-1.a")));
        Assert.Equal(SubscribeDecision.Allowed, permissions.CanSubscribe(Bytes("log-1.>"), default));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes("log.>"), default));
        Assert.Equal(SubscribeDecision.AllowedWithDeliveryFilter, permissions.CanSubscribe(Bytes("orders.*"), default));
        Assert.False(permissions.CanReceive(Bytes("orders.secret-1")));
        Assert.True(permissions.CanReceive(Bytes("orders.new")));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes("orders.secret.a"), default));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes(">"), default));
    }

    [Fact]
    public void Every_name_is_every_subject()
    {
        var permissions = Of(new PermissionOptions(), Restricted(Allow(GrantResource.Topic, Grant.AnyName, GrantOperation.All)));
        Assert.True(permissions.CanPublish(Bytes("a.b.c")));
        Assert.Equal(SubscribeDecision.Allowed, permissions.CanSubscribe(Bytes(">"), default));
    }

    [Fact]
    public void Grants_add_to_what_is_configured()
    {
        var permissions = Of(
            new PermissionOptions { PublishAllow = ["a"], SubscribeDeny = ["b"] },
            Open(Allow(GrantResource.Topic, "c", GrantOperation.Write), Deny(GrantResource.Topic, "d", GrantOperation.Read)));
        Assert.True(permissions.CanPublish(Bytes("a")) && permissions.CanPublish(Bytes("c")));
        Assert.False(permissions.CanPublish(Bytes("b")));
        Assert.Equal(SubscribeDecision.Allowed, permissions.CanSubscribe(Bytes("a"), default));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes("b"), default));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes("d"), default));
    }

    /// <summary>The two questions to a prefix against what filters match, subject by subject.</summary>
    [Fact]
    public void A_prefix_holds_only_filters_all_of_whose_subjects_begin_so_and_touches_those_of_which_some_do()
    {
        var token = Gen.OneOf("a", "ab", "b", "*", "**");
        var filter = token.Array[1, 4].Select(Gen.Bool, static (tokens, rest) => string.Join('.', tokens) + (rest ? ".>" : string.Empty));
        var subject = Gen.OneOf("a", "ab", "b", "c").Array[1, 5].Select(static tokens => string.Join('.', tokens));
        var prefix = Gen.OneOf("a", "ab", "a.", "a.a", "a.ab.", "b.a.b");

        Gen.Select(filter, prefix, subject).Sample(
            (held, beginning, address) =>
            {
                if (!SubjectRules.Matches(Bytes(held), Bytes(address)))
                    return;
                var begins = address.StartsWith(beginning, StringComparison.Ordinal);
                Assert.True(begins || !NamePrefix.Holds(Bytes(beginning), Bytes(held)), $"{beginning} does not hold {held}: {address}");
                Assert.True(!begins || NamePrefix.Touches(Bytes(beginning), Bytes(held)), $"{beginning} touches {held}: {address}");
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("a.", "a.b", true, true)]
    [InlineData("a.", "a.*", true, true)]
    [InlineData("a.", "a.>", true, true)]
    [InlineData("a.", "a.**", false, true)]
    [InlineData("a.", "a", false, false)]
    [InlineData("a", "a", true, true)]
    [InlineData("a", "ab.*", true, true)]
    [InlineData("a", "*", false, true)]
    [InlineData("a.b", "b.>", false, false)]
    [InlineData("a.b", "a.c", false, false)]
    [InlineData("a.b", "a.c.>", false, false)]
    public void Filters_that_begin_so_are_found(string prefix, string filter, bool isHeld, bool isTouched)
    {
        Assert.Equal(isHeld, NamePrefix.Holds(Bytes(prefix), Bytes(filter)));
        Assert.Equal(isTouched, NamePrefix.Touches(Bytes(prefix), Bytes(filter)));
    }

    private static Permissions Of(PermissionOptions options, UserGrants grants) => new(options, grants, string.Empty, client: null);

    private static UserGrants Open(params Grant[] grants) => new(grants, isRestricted: false);

    private static UserGrants Restricted(params Grant[] grants) => new(grants, isRestricted: true);

    private static Grant Allow(GrantResource resource, string name, GrantOperation operation, bool isPrefix = false) => new(resource, name, isPrefix, operation, IsDenied: false);

    private static Grant Deny(GrantResource resource, string name, GrantOperation operation, bool isPrefix = false) => new(resource, name, isPrefix, operation, IsDenied: true);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
