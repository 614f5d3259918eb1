using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
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

    /// <summary>Who may write to a topic or read it may know of it, unless that is denied.</summary>
    public static bool CanDescribe(UserIdentity identity, Topic topic) =>
        Granted(identity, GrantOperation.Describe, topic.Name.Value) ?? (CanProduce(identity, topic.Name.Value) || CanRead(identity, topic));

    /// <summary>The same of a topic that is not there.</summary>
    public static bool CanDescribe(UserIdentity identity, string topic) =>
        Granted(identity, GrantOperation.Describe, topic) ?? (CanProduce(identity, topic) || identity.Permissions is not { } permissions || IsReadable(permissions, topic, []));

    /// <summary>Whom the configuration gives permissions may see the configs of what it may know of.</summary>
    public static bool CanDescribeConfigs(UserIdentity identity, Topic topic) =>
        Granted(identity, GrantOperation.DescribeConfigs, topic.Name.Value) ?? (!identity.Grants.IsRestricted && CanDescribe(identity, topic));

    /// <summary>Why a client is not served a topic, or a partition, that is not there: who may not know of it is told what it would be told if it were.</summary>
    public static KafkaError Missing(UserIdentity identity, string name, Topic? topic) =>
        (topic is null ? CanDescribe(identity, name) : CanDescribe(identity, topic)) ? KafkaError.UnknownTopicOrPartition : KafkaError.TopicAuthorizationFailed;

    /// <summary>
    /// Making, changing and removing a topic is for those who were granted that, and of those whom the configuration gives permissions for who may write to it. Either must be allowed to write everything
    /// else that the topic holds, for its filters take records away from where they would go.
    /// </summary>
    /// <param name="operation">Create, Delete, Alter or AlterConfigs.</param>
    public static bool CanChange(UserIdentity identity, string topic, GrantOperation operation, IReadOnlyList<SubjectFilter> filters) =>
        MayChange(identity, topic, operation)
        && (identity.Permissions is null || filters.All(filter => filter.Value == topic || (!SubjectRules.HasWildcard(Encoding.UTF8.GetBytes(filter.Value)) && CanProduce(identity, filter.Value))));

    private static bool MayChange(UserIdentity identity, string topic, GrantOperation operation) =>
        Granted(identity, operation, topic)
        ?? ((!identity.Grants.IsRestricted && CanProduce(identity, topic))
            || (operation == GrantOperation.Create && identity.Grants.Decide(GrantResource.Cluster, GrantOperation.Create, Grant.ClusterName) == true));

    private static bool? Granted(UserIdentity identity, GrantOperation operation, string topic) => identity.Grants.Decide(GrantResource.Topic, operation, topic);

    private static bool IsReadable(Permissions permissions, string filter, byte[] queue) =>
        permissions.CanSubscribe(Encoding.UTF8.GetBytes(filter), queue) == SubscribeDecision.Allowed;
}
