using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Groups;
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
        Describe
        | Bit(DescribeConfigs, TopicAccess.CanDescribeConfigs(identity, topic))
        | Bit(Read, TopicAccess.CanRead(identity, topic))
        | Bit(Write, TopicAccess.CanProduce(identity, topic.Name.Value))
        | Bit(Create, TopicAccess.CanChange(identity, topic.Name.Value, GrantOperation.Create, topic.Spec.Filters))
        | Bit(Delete, TopicAccess.CanChange(identity, topic.Name.Value, GrantOperation.Delete, topic.Spec.Filters))
        | Bit(Alter, TopicAccess.CanChange(identity, topic.Name.Value, GrantOperation.Alter, topic.Spec.Filters))
        | Bit(AlterConfigs, TopicAccess.CanChange(identity, topic.Name.Value, GrantOperation.AlterConfigs, topic.Spec.Filters));

    /// <param name="group">One that the identity may know of. What a member reads there is decided by topic.</param>
    public static int OfGroup(UserIdentity identity, string group) =>
        Describe | Bit(Read, GroupAccess.CanRead(identity, group)) | Bit(Delete, GroupAccess.CanDelete(identity, group));

    /// <summary>Everybody may know the brokers.</summary>
    public static int OfCluster(UserIdentity identity) =>
        Describe
        | Bit(IdempotentWrite, ClusterAccess.MayProduceIdempotently(identity))
        | Bit(Create, ClusterAccess.May(identity, GrantOperation.Create))
        | Bit(Alter, ClusterAccess.May(identity, GrantOperation.Alter))
        | Bit(DescribeConfigs, ClusterAccess.MayDescribeConfigs(identity))
        | Bit(AlterConfigs, ClusterAccess.May(identity, GrantOperation.AlterConfigs))
        | Bit(ClusterAction, identity.IsAdministrator);

    private static int Bit(int operation, bool isAllowed) => isAllowed ? operation : 0;
}
