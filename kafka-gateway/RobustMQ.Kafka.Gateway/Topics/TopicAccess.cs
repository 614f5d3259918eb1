using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>
/// What an identity may do with a topic, by the permissions that every protocol shares. A topic holds records of the subjects of its filters and of its own name (those
/// that Kafka clients produce): who reads it must be allowed all of them, for records are handed out as the batches they came in.
/// </summary>
internal static class TopicAccess
{
    public static bool CanProduce(UserIdentity identity, string topic) => identity.Permissions is not { } permissions || permissions.CanPublish(Encoding.UTF8.GetBytes(topic));

    public static bool CanRead(UserIdentity identity, Topic topic, string group = "")
    {
        if (identity.Permissions is not { } permissions)
            return true;
        var queue = Encoding.UTF8.GetBytes(group);
        return IsReadable(permissions, topic.Name.Value, queue) && topic.Spec.Filters.All(filter => IsReadable(permissions, filter.Value, queue));
    }

    /// <summary>Who may write to a topic or read it may know of it.</summary>
    public static bool CanDescribe(UserIdentity identity, Topic topic) => CanProduce(identity, topic.Name.Value) || CanRead(identity, topic);

    /// <summary>The same of a topic that is not there.</summary>
    public static bool CanDescribe(UserIdentity identity, string topic) =>
        CanProduce(identity, topic) || identity.Permissions is not { } permissions || IsReadable(permissions, topic, []);

    /// <summary>Why a client is not served a topic, or a partition, that is not there: who may not know of it is told what it would be told if it were.</summary>
    public static KafkaError Missing(UserIdentity identity, string name, Topic? topic) =>
        (topic is null ? CanDescribe(identity, name) : CanDescribe(identity, topic)) ? KafkaError.UnknownTopicOrPartition : KafkaError.TopicAuthorizationFailed;

    /// <summary>Making, changing and removing a topic is for those who may write everything that it holds.</summary>
    public static bool CanChange(UserIdentity identity, string topic, IReadOnlyList<SubjectFilter> filters) =>
        identity.Permissions is null
        || (CanProduce(identity, topic) && filters.All(filter => !SubjectRules.HasWildcard(Encoding.UTF8.GetBytes(filter.Value)) && CanProduce(identity, filter.Value)));

    private static bool IsReadable(Permissions permissions, string filter, byte[] queue) =>
        permissions.CanSubscribe(Encoding.UTF8.GetBytes(filter), queue) == SubscribeDecision.Allowed;
}
