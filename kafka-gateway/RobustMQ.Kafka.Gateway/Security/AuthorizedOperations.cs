using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What an identity may do, as the bit sets that clients may ask for beside a description: bit N is operation N of the protocol's ACLs.</summary>
internal static class AuthorizedOperations
{
    private const int Read = 1 << 3;
    private const int Write = 1 << 4;
    private const int Create = 1 << 5;
    private const int Delete = 1 << 6;
    private const int Alter = 1 << 7;
    private const int Describe = 1 << 8;
    private const int ClusterAction = 1 << 9;
    private const int DescribeConfigs = 1 << 10;
    private const int AlterConfigs = 1 << 11;
    private const int IdempotentWrite = 1 << 12;

    /// <param name="topic">One that the identity may know of.</param>
    public static int OfTopic(UserIdentity identity, Topic topic) =>
        Describe | DescribeConfigs
        | (TopicAccess.CanRead(identity, topic) ? Read : 0)
        | (TopicAccess.CanProduce(identity, topic.Name.Value) ? Write : 0)
        | (TopicAccess.CanChange(identity, topic.Name.Value, topic.Spec.Filters) ? Create | Delete | Alter | AlterConfigs : 0);

    /// <summary>Groups are open to all; what a member reads of them is decided by topic.</summary>
    public static int OfGroup(UserIdentity identity) => Read | Describe | (identity.Permissions is null ? Delete : 0);

    public static int OfCluster(UserIdentity identity) =>
        Describe | IdempotentWrite | (identity.Permissions is null ? Create | Alter | ClusterAction | DescribeConfigs | AlterConfigs : 0);
}
