using System.Globalization;
using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>
/// The configs that a topic has: those of Kafka that mean something here, and ours. Whatever else a client sets is refused. Configs that can have one value only are here
/// so that clients which set that value are served.
/// </summary>
internal static class TopicConfigs
{
    private const sbyte Text = 2;
    private const sbyte Integer = 3;
    private const sbyte Long = 5;
    private const sbyte List = 7;

    public static IReadOnlyList<TopicConfig> All { get; } =
    [
        new("cleanup.policy", List, "delete", "delete: old records go by time and size; compact: the newest of every key stays",
            static spec => spec.Retention switch
            {
                { MaxRecordsPerKey: 0 } => "delete",
                { MaxAgeMs: 0, MaxBytes: 0 } => "compact",
                _ => "compact,delete",
            },
            ApplyCleanupPolicy),
        Only("compression.type", "producer", "batches are stored as they were produced"),
        new("max.message.bytes", Integer, null, "largest batch", static spec => Text32(spec.MaxBatchBytes),
            static (spec, value) => TryPositive(value, int.MaxValue, out var bytes) ? spec with { MaxBatchBytes = (int)bytes } : null),
        Only("message.timestamp.type", "CreateTime", "records keep the time their producer gave them"),
        Only("min.insync.replicas", "1", "one storage-node keeps each record"),
        new("retention.bytes", Long, "-1", "bytes of a partition; -1 is no limit", static spec => ShowLimit(spec.Retention.MaxBytes),
            static (spec, value) => TryLimit(value, out var limit) ? spec with { Retention = spec.Retention with { MaxBytes = limit } } : null),
        new("retention.ms", Long, "604800000", "age of records; -1 is no limit", static spec => ShowLimit(spec.Retention.MaxAgeMs),
            static (spec, value) => TryLimit(value, out var limit) ? spec with { Retention = spec.Retention with { MaxAgeMs = limit } } : null),
        new("robustmq.durability", Text, null, "what acks=all waits for: accepted (memory), written (operating system), durable (device)",
            static spec => spec.Durability.ToString().ToLowerInvariant(),
            static (spec, value) => TryName<Durability>(value, out var durability) && durability != Durability.TopicDefault ? spec with { Durability = durability } : null),
        new("robustmq.engine", Text, null, "memory, rocksdb or segment; chosen at creation", static spec => spec.Engine.ToString().ToLowerInvariant(),
            static (spec, value) => TryName<EngineKind>(value, out var engine) && engine != EngineKind.Unspecified ? spec with { Engine = engine } : null, IsReadOnly: true),
        new("robustmq.retention.records", Long, "-1", "records of a partition; -1 is no limit", static spec => ShowLimit(spec.Retention.MaxRecords),
            static (spec, value) => TryLimit(value, out var limit) ? spec with { Retention = spec.Retention with { MaxRecords = limit } } : null),
        new("robustmq.subjects", List, null, "subject filters whose messages of other protocols the topic stores; default: its own name",
            static spec => string.Join(',', spec.Filters.Select(static filter => filter.Value)),
            ApplySubjects),
    ];

    public static TopicConfig? Find(string name) => All.FirstOrDefault(config => config.Name == name);

    /// <summary>Sets a config, or says what is wrong.</summary>
    /// <param name="value">Null: the default, as <paramref name="defaults"/> shows it.</param>
    public static (TopicSpec? Spec, string? Problem) Set(TopicSpec spec, string name, string? value, TopicSpec defaults)
    {
        if (Find(name) is not { } config)
            return (null, $"{name} is not supported");
        if (value is null && config.Default is null)
            return (null, $"{name} has its default from the storage-node: give a value");
        var text = value ?? config.Show(defaults);
        return config.Apply(spec, text) is { } applied ? (applied, null) : (null, $"{name} cannot be '{text}'");
    }

    /// <summary>As <see cref="Set"/>, for a topic that is there: what was chosen at creation stays.</summary>
    public static (TopicSpec? Spec, string? Problem) Change(TopicSpec present, TopicSpec spec, string name, string? value, TopicSpec defaults)
    {
        var changed = Set(spec, name, value, defaults);
        return changed.Spec is { } wanted && Find(name) is { IsReadOnly: true } config && config.Show(wanted) != config.Show(present)
            ? (null, $"{name} is chosen at creation")
            : changed;
    }

    private static TopicConfig Only(string name, string value, string documentation) =>
        new(name, Text, value, documentation, _ => value, (spec, wanted) => wanted == value ? spec : null);

    private static TopicSpec? ApplyCleanupPolicy(TopicSpec spec, string value)
    {
        var policies = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (policies.Count == 0 || policies.Except(["delete", "compact"]).Any())
            return null;
        var isCompacted = policies.Contains("compact");
        var retention = spec.Retention with { MaxRecordsPerKey = isCompacted ? 1 : 0 };
        return spec with { Retention = isCompacted && !policies.Contains("delete") ? retention with { MaxAgeMs = 0, MaxBytes = 0 } : retention };
    }

    private static TopicSpec? ApplySubjects(TopicSpec spec, string value)
    {
        var filters = new List<SubjectFilter>();
        foreach (var text in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!SubjectFilter.TryParse(text, out var filter))
                return null;
            filters.Add(filter);
        }
        return spec with { Filters = filters };
    }

    private static string Text32(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string ShowLimit(long limit) => (limit == 0 ? -1 : limit).ToString(CultureInfo.InvariantCulture);

    /// <summary>-1 is no limit. 0 would drop records as they come, which no limit of ours says.</summary>
    private static bool TryLimit(string value, out long limit)
    {
        if (value == "-1")
        {
            limit = 0;
            return true;
        }
        return TryPositive(value, long.MaxValue, out limit);
    }

    private static bool TryPositive(string value, long max, out long number) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 && number <= max;

    private static bool TryName<T>(string value, out T result)
        where T : struct, Enum => Enum.TryParse(value, ignoreCase: true, out result) && !value.Any(char.IsAsciiDigit) && Enum.IsDefined(result);
}
