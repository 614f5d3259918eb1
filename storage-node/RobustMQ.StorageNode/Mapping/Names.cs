using Google.Protobuf.Collections;
using RobustMQ.Records;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Names as they come from callers. Wrong ones are a <see cref="FormatException"/>, which ends as INVALID_ARGUMENT.</summary>
internal static class Names
{
    /// <summary>Empty means the default one.</summary>
    public static Namespace ToNamespace(string text) => text.Length == 0 ? Namespace.Default : Namespace.Parse(text);

    /// <summary>Empty means every one.</summary>
    public static Namespace? ToNamespaceOrAll(string text) => text.Length == 0 ? null : Namespace.Parse(text);

    public static TopicPartition ToLog(Proto.TopicPartition? log)
    {
        if (log is null)
            throw new FormatException("the log is missing");
        if (log.Partition < 0)
            throw new FormatException("a partition is not negative");
        return new TopicPartition(ToNamespace(log.Namespace), TopicName.Parse(log.Topic), log.Partition);
    }

    public static IReadOnlyList<SubjectFilter> ToFilters(RepeatedField<string> filters) => filters.Count == 0 ? [] : [.. filters.Select(SubjectFilter.Parse)];

    public static Proto.TopicPartition ToMessage(TopicPartition log) =>
        new() { Namespace = log.Namespace.Value, Topic = log.Topic.Value, Partition = log.Partition };
}
