using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

internal static class TopicExtensions
{
    /// <summary>The namespace's own two topics take what no other topic does; Kafka clients read them and leave the rest alone.</summary>
    public static bool IsReserved(this Topic topic) => topic.Name.IsReserved();

    public static bool IsReserved(this TopicName name) => name == TopicName.Live || name == TopicName.Durable;
}
