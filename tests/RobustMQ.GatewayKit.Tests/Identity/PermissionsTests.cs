using System.Text;
using CsCheck;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity;

public sealed class PermissionsTests
{
    [Theory]
    [InlineData("orders.new", true)]
    [InlineData("orders.secret.x", false)]
    [InlineData("other", false)]
    public void Publishing_needs_an_allow_entry_and_no_deny_entry(string subject, bool expected)
    {
        var permissions = new Permissions(new PermissionOptions { PublishAllow = ["orders.>"], PublishDeny = ["orders.secret.*"] });

        Assert.Equal(expected, permissions.CanPublish(Bytes(subject)));
    }

    [Fact]
    public void Without_an_allow_list_all_but_the_denied_is_allowed()
    {
        var permissions = new Permissions(new PermissionOptions { PublishDeny = ["a"], SubscribeDeny = ["b"] });

        Assert.True(permissions.CanPublish(Bytes("b")));
        Assert.False(permissions.CanPublish(Bytes("a")));
        Assert.Equal(SubscribeDecision.Allowed, permissions.CanSubscribe(Bytes("a"), default));
        Assert.Equal(SubscribeDecision.Denied, permissions.CanSubscribe(Bytes("b"), default));
    }

    [Fact]
    public void Who_may_only_answer_may_publish_nothing_of_its_own()
    {
        var permissions = new Permissions(new PermissionOptions { Responses = new ResponseAllowance(1, TimeSpan.Zero) });

        Assert.False(permissions.CanPublish(Bytes("a")));
    }

    [Theory]
    [InlineData("foo.bar", SubscribeDecision.Allowed)]
    [InlineData("foo.*", SubscribeDecision.Allowed)]
    [InlineData("foo.>", SubscribeDecision.Denied)]
    [InlineData("*.bar", SubscribeDecision.Denied)]
    [InlineData(">", SubscribeDecision.Denied)]
    public void A_filter_must_lie_within_one_allow_entry(string filter, SubscribeDecision expected) =>
        Assert.Equal(expected, new Permissions(new PermissionOptions { SubscribeAllow = ["foo.*"] }).CanSubscribe(Bytes(filter), default));

    [Theory]
    [InlineData("foo", SubscribeDecision.Allowed)]
    [InlineData("foo.bar", SubscribeDecision.Denied)]
    [InlineData("foo.*", SubscribeDecision.AllowedWithDeliveryFilter)]
    [InlineData(">", SubscribeDecision.AllowedWithDeliveryFilter)]
    public void A_filter_that_is_denied_in_part_is_allowed_with_filtered_deliveries(string filter, SubscribeDecision expected)
    {
        var permissions = new Permissions(new PermissionOptions { SubscribeDeny = ["foo.bar"] });

        Assert.Equal(expected, permissions.CanSubscribe(Bytes(filter), default));
        Assert.False(permissions.CanReceive(Bytes("foo.bar")));
        Assert.True(permissions.CanReceive(Bytes("foo.baz")));
    }

    [Theory]
    [InlineData("foo", "queue", SubscribeDecision.Allowed)]
    [InlineData("foo", "other", SubscribeDecision.Denied)]
    [InlineData("foo", "", SubscribeDecision.Denied)]
    public void An_entry_with_a_queue_allows_that_queue_only(string filter, string queue, SubscribeDecision expected) =>
        Assert.Equal(expected, new Permissions(new PermissionOptions { SubscribeAllow = ["foo queue"] }).CanSubscribe(Bytes(filter), Bytes(queue)));

    [Theory]
    [InlineData("", SubscribeDecision.Allowed)]
    [InlineData("v1", SubscribeDecision.Allowed)]
    [InlineData("v1.beta", SubscribeDecision.Allowed)]
    [InlineData("east.dev", SubscribeDecision.Allowed)]
    [InlineData("v2", SubscribeDecision.Denied)]
    [InlineData("v1.prod", SubscribeDecision.Denied)]
    public void Queue_entries_may_hold_wildcards_and_deny_outweighs_allow(string queue, SubscribeDecision expected)
    {
        var permissions = new Permissions(new PermissionOptions { SubscribeAllow = ["foo", "foo v1", "foo v1.>", "foo *.dev"], SubscribeDeny = ["> *.prod"] });

        Assert.Equal(expected, permissions.CanSubscribe(Bytes("foo"), Bytes(queue)));
    }

    [Fact]
    public void Whatever_a_filter_within_another_matches_the_other_matches_too()
    {
        var token = Gen.OneOf("a", "b", "*", "**");
        var filter = token.Array[1, 4].Select(Gen.Bool, static (tokens, rest) => string.Join('.', tokens) + (rest ? ".>" : string.Empty));
        var subject = Gen.OneOf("a", "b", "c").Array[1, 5].Select(static tokens => string.Join('.', tokens));

        Gen.Select(filter, filter, subject).Sample(
            (inner, outer, address) =>
                !FilterSubset.IsWithin(Bytes(inner), Bytes(outer))
                || !SubjectRules.Matches(Bytes(inner), Bytes(address))
                || SubjectRules.Matches(Bytes(outer), Bytes(address)),
            iter: 20_000);
    }

    [Theory]
    [InlineData("a.b", "a.b")]
    [InlineData("a.*", "a.>")]
    [InlineData("a.>", ">")]
    [InlineData("a.**", "**")]
    [InlineData("**", ">")]
    [InlineData("*.**", ">")]
    [InlineData("a.b.c", "**.c")]
    [InlineData("a.>", "a.**")]
    public void Filters_within_others_are_found(string inner, string outer) => Assert.True(FilterSubset.IsWithin(Bytes(inner), Bytes(outer)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
