using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

internal static class TopicExtensions
{
    /// <summary>The namespace's own two topics take what no other topic does, the states of transactional ids are their coordinators' alone, and users have a topic that no client knows; Kafka clients change none of them.</summary>
    public static bool IsReserved(this Topic topic) => topic.Name.IsReserved();

    public static bool IsReserved(this TopicName name) => name == TopicName.Live || name == TopicName.Durable || name == TransactionLog.Topic || name == UserStore.Topic;
}
