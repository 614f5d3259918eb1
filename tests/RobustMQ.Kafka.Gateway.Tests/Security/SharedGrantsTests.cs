using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>ACLs as grants: what is taken comes back as it was, and what cannot hold here is not taken.</summary>
public sealed class SharedGrantsTests
{
    /// <summary>Operations of every resource, by the protocol's numbers.</summary>
    private static readonly Dictionary<sbyte, sbyte[]> Has = new()
    {
        [SharedAcl.Topic] = [2, 3, 4, 5, 6, 7, 8, 10, 11],
        [SharedAcl.Group] = [2, 3, 6, 8],
        [SharedAcl.Cluster] = [2, 5, 7, 8, 10, 11, 12],
        [SharedAcl.TransactionalId] = [2, 4, 8],
    };

    [Fact]
    public void Every_resource_takes_its_operations_and_shows_them_as_they_were_made()
    {
        for (sbyte type = -1; type < 12; type++)
        {
            for (sbyte operation = -1; operation < 20; operation++)
            {
                foreach (var pattern in type == SharedAcl.Cluster ? new[] { SharedAcl.Literal } : [SharedAcl.Literal, SharedAcl.Prefixed])
                {
                    foreach (var permission in new[] { SharedAcl.Allow, SharedAcl.Deny })
                    {
                        var name = type == SharedAcl.Cluster ? Grant.ClusterName : "orders.x";
                        var asked = SharedGrants.Read(Acl(type, name, pattern, operation, permission));
                        if (!Has.GetValueOrDefault(type, []).Contains(operation))
                        {
                            Assert.Null(asked.Grant);
                            continue;
                        }
                        Assert.Equal(new SharedAcl("User:ann", type, name, pattern, operation, permission), SharedGrants.AclOf(asked.User, asked.Grant!));
                        Assert.True(asked.Grant!.IsValid);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("Group:ann")]
    [InlineData("User:")]
    [InlineData("")]
    public void A_principal_is_a_user(string principal) => Assert.Equal(KafkaError.InvalidRequest, SharedGrants.Read(Acl(principal: principal)).Error);

    [Theory]
    [InlineData(SharedAcl.Topic, "", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Any, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Match, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", 0, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Any, "t", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(0, "t", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.Any, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Any, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.Read, 0, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.IdempotentWrite, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Cluster, "some-cluster", SharedAcl.Literal, SharedAcl.Create, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Cluster, Grant.ClusterName, SharedAcl.Prefixed, SharedAcl.Create, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Group, "a\nb", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "a.>\n", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.InvalidRequest)]
    [InlineData(SharedAcl.Topic, "a.>", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.Topic, "*", SharedAcl.Prefixed, SharedAcl.Read, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "10.0.0.1", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.Topic, "t", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow, "", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.Cluster, Grant.ClusterName, SharedAcl.Literal, SharedAcl.ClusterAction, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.DelegationToken, "t", SharedAcl.Literal, SharedAcl.Describe, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.User, "u", SharedAcl.Literal, SharedAcl.CreateTokens, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    [InlineData(SharedAcl.TransactionalId, "t", SharedAcl.Literal, SharedAcl.TwoPhaseCommit, SharedAcl.Allow, "*", KafkaError.PolicyViolation)]
    public void What_cannot_hold_is_refused_with_a_word_on_why(sbyte type, string name, sbyte pattern, sbyte operation, sbyte permission, string host, KafkaError expected)
    {
        var asked = SharedGrants.Read(Acl(type, name, pattern, operation, permission, host));
        Assert.Equal((expected, null), (asked.Error, asked.Grant));
        Assert.NotEmpty(asked.Message!);
    }

    [Fact]
    public void The_longest_name_is_taken_and_one_byte_more_is_not()
    {
        Assert.NotNull(SharedGrants.Read(Acl(SharedAcl.Group, new string('g', Grant.NameBytesMax))).Grant);
        Assert.Equal(KafkaError.InvalidRequest, SharedGrants.Read(Acl(SharedAcl.Group, new string('g', Grant.NameBytesMax + 1))).Error);
    }

    [Theory]
    // Any pattern: the name as it was written.
    [InlineData(SharedAcl.Any, "orders", "orders literal, orders prefixed")]
    [InlineData(SharedAcl.Any, "*", "* literal")]
    [InlineData(SharedAcl.Any, null, "* literal, ord prefixed, orders literal, orders prefixed")]
    // Match: whatever speaks of a resource of that name.
    [InlineData(SharedAcl.Match, "orders", "* literal, ord prefixed, orders literal, orders prefixed")]
    [InlineData(SharedAcl.Match, "ordinary", "* literal, ord prefixed")]
    [InlineData(SharedAcl.Match, null, "* literal, ord prefixed, orders literal, orders prefixed")]
    [InlineData(SharedAcl.Literal, "orders", "orders literal")]
    [InlineData(SharedAcl.Literal, "other", "")]
    [InlineData(SharedAcl.Literal, null, "* literal, orders literal")]
    [InlineData(SharedAcl.Prefixed, "orders", "orders prefixed")]
    [InlineData(SharedAcl.Prefixed, null, "ord prefixed, orders prefixed")]
    public void A_filter_matches_names_by_its_pattern(sbyte pattern, string? name, string expected)
    {
        SharedAcl[] acls =
        [
            .. new (string Name, sbyte Pattern)[] { ("*", SharedAcl.Literal), ("ord", SharedAcl.Prefixed), ("orders", SharedAcl.Literal), ("orders", SharedAcl.Prefixed) }
                .Select(static acl => new SharedAcl("User:ann", SharedAcl.Topic, acl.Name, acl.Pattern, SharedAcl.Read, SharedAcl.Allow))
        ];
        var filter = new AclFilter { ResourceType = SharedAcl.Any, ResourceName = name, PatternType = pattern, Operation = SharedAcl.Any, PermissionType = SharedAcl.Any };
        Assert.True(SharedAcl.IsFilter(filter));
        Assert.Equal(expected, string.Join(", ", acls.Where(acl => acl.Matches(filter)).Select(static acl => $"{acl.ResourceName} {(acl.PatternType == SharedAcl.Literal ? "literal" : "prefixed")}")));
    }

    [Fact]
    public void A_filter_matches_by_everything_that_it_names()
    {
        var acl = new SharedAcl("User:ann", SharedAcl.Topic, "orders", SharedAcl.Literal, SharedAcl.Read, SharedAcl.Allow);
        Assert.True(acl.Matches(Filter(static _ => { })));
        Assert.False(acl.Matches(Filter(static filter => filter.ResourceType = SharedAcl.Group)));
        Assert.False(acl.Matches(Filter(static filter => filter.Principal = "User:bob")));
        Assert.False(acl.Matches(Filter(static filter => filter.Host = "10.0.0.1")));
        Assert.True(acl.Matches(Filter(static filter => filter.Host = "*")));
        Assert.False(acl.Matches(Filter(static filter => filter.Operation = SharedAcl.All)));
        Assert.False(acl.Matches(Filter(static filter => filter.PermissionType = SharedAcl.Deny)));

        static AclFilter Filter(Action<AclFilter> change)
        {
            var filter = new AclFilter { ResourceType = SharedAcl.Topic, ResourceName = "orders", Principal = "User:ann", Operation = SharedAcl.Read, PermissionType = SharedAcl.Allow };
            change(filter);
            return filter;
        }
    }

    private static AclBinding Acl(
        sbyte type = SharedAcl.Topic, string name = "t", sbyte pattern = SharedAcl.Literal, sbyte operation = SharedAcl.Read, sbyte permission = SharedAcl.Allow, string host = "*",
        string principal = "User:ann") =>
        new() { ResourceType = type, ResourceName = name, PatternType = pattern, Operation = operation, PermissionType = permission, Host = host, Principal = principal };
}
