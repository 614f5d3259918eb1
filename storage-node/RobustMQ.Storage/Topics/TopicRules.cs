using System.Collections.ObjectModel;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Topics;

/// <summary>Fills in what a topic spec leaves out and refuses what cannot be. Pure.</summary>
internal sealed class TopicRules(StorageOptions options, IReadOnlyDictionary<EngineKind, ILogEngine> engines)
{
    private const int LabelBytesMax = 64 << 10;

    /// <summary>The namespace's topic for whatever no other topic takes.</summary>
    public TopicSpec LiveSpec(Namespace ns) =>
        new()
        {
            Namespace = ns,
            Name = TopicName.Live,
            Engine = EngineKind.Memory,
            Partitions = 1,
            Retention = options.LiveRetention,
            Durability = Durability.Accepted,
            MaxBatchBytes = options.BatchBytesMax,
        };

    /// <summary>The namespace's topic for stored messages that no other topic takes; null where no engine of this node outlives a restart.</summary>
    public TopicSpec? DurableSpec(Namespace ns)
    {
        var kind = engines.ContainsKey(EngineKind.RocksDb) ? EngineKind.RocksDb : EngineKind.Segment;
        if (!engines.TryGetValue(kind, out var engine) || !engine.IsPersistent)
            return null;
        return new()
        {
            Namespace = ns,
            Name = TopicName.Durable,
            Engine = kind,
            Partitions = 1,
            Retention = options.DurableRetention,
            Durability = Durability.Durable,
            MaxBatchBytes = options.BatchBytesMax,
        };
    }

    public (TopicSpec? Spec, ErrorCode Error, string? Message) ForCreation(TopicSpec wanted, long nowMs)
    {
        if (FindExpiryMistake(wanted, nowMs) is { } mistake)
            return (null, ErrorCode.InvalidArgument, mistake);
        if (wanted.Name == TopicName.Live || wanted.Name == TopicName.Durable)
            return (null, ErrorCode.InvalidArgument, $"{wanted.Name} comes into being by itself");
        var filters = wanted.Filters;
        if (filters.Count == 0 && SubjectFilter.TryParse(wanted.Name.Value, out var own))
            filters = [own];
        return Complete(wanted with
        {
            Engine = wanted.Engine == EngineKind.Unspecified ? options.DefaultEngine : wanted.Engine,
            Partitions = wanted.Partitions == 0 ? 1 : wanted.Partitions,
            Filters = filters,
            ExpiresAtMs = wanted.TtlMs == 0 ? wanted.ExpiresAtMs : wanted.TtlMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + wanted.TtlMs,
        });
    }

    /// <param name="present">The topic that is to change: what the spec leaves out stays as it is there.</param>
    public (TopicSpec? Spec, ErrorCode Error, string? Message) ForUpdate(TopicSpec wanted, TopicSpec present)
    {
        if ((present.Name == TopicName.Live || present.Name == TopicName.Durable) && (wanted.Filters.Count > 0 || wanted.Partitions > 1))
            return (null, ErrorCode.InvalidArgument, $"{present.Name} takes what is left and has one partition");
        if ((wanted.ExpiresAtMs != 0 && wanted.ExpiresAtMs != present.ExpiresAtMs) || (wanted.TtlMs != 0 && wanted.TtlMs != present.TtlMs))
            return (null, ErrorCode.InvalidArgument, "when a topic expires is fixed at its creation");
        return Complete(wanted with
        {
            ExpiresAtMs = present.ExpiresAtMs,
            TtlMs = present.TtlMs,
            Engine = wanted.Engine == EngineKind.Unspecified ? present.Engine : wanted.Engine,
            Partitions = wanted.Partitions == 0 ? present.Partitions : wanted.Partitions,
            Filters = wanted.Filters.Count == 0 ? present.Filters : wanted.Filters,
            Durability = wanted.Durability == Durability.TopicDefault ? present.Durability : wanted.Durability,
            MaxBatchBytes = wanted.MaxBatchBytes == 0 ? present.MaxBatchBytes : wanted.MaxBatchBytes,
        });
    }

    private (TopicSpec? Spec, ErrorCode Error, string? Message) Complete(TopicSpec spec)
    {
        if (!engines.TryGetValue(spec.Engine, out var engine))
            return (null, ErrorCode.Unsupported, $"this node has no {spec.Engine} engine");
        if (FindMistake(spec) is { } mistake)
            return (null, ErrorCode.InvalidArgument, mistake);
        if (!engine.IsPersistent && spec.Durability > Durability.Accepted)
            return (null, ErrorCode.Unsupported, $"a topic of the {spec.Engine} engine cannot promise more than {Durability.Accepted}");
        return (WithDefaults(spec, engine), ErrorCode.None, null);
    }

    private TopicSpec WithDefaults(TopicSpec spec, ILogEngine engine) =>
        spec with
        {
            Durability = spec.Durability != Durability.TopicDefault ? spec.Durability : engine.IsPersistent ? Durability.Durable : Durability.Accepted,
            MaxBatchBytes = spec.MaxBatchBytes == 0 ? options.BatchBytesMax : spec.MaxBatchBytes,
            Retention = !engine.IsPersistent && spec.Retention.MaxBytes == 0
                ? spec.Retention with { MaxBytes = options.MemoryTopicBytes }
                : spec.Retention,
            Filters = [.. spec.Filters.Distinct()],
            Labels = spec.Labels.Count == 0 ? ReadOnlyDictionary<string, string>.Empty : new Dictionary<string, string>(spec.Labels),
        };

    private static string? FindExpiryMistake(TopicSpec spec, long nowMs)
    {
        if (spec.ExpiresAtMs < 0 || spec.TtlMs < 0)
            return "expiry: not negative";
        if (spec.ExpiresAtMs != 0 && spec.TtlMs != 0)
            return "expiry: a time or a time to live, not both";
        return spec.ExpiresAtMs != 0 && spec.ExpiresAtMs <= nowMs ? "expiry: lies in the past" : null;
    }

    private string? FindMistake(TopicSpec spec)
    {
        if (spec.Name.Value.Length == 0)
            return "a topic has a name";
        if (spec.Partitions < 1 || spec.Partitions > options.PartitionsMax)
            return $"partitions: 1 to {options.PartitionsMax}";
        if (spec.Filters.Count > options.FiltersMax)
            return $"filters: at most {options.FiltersMax}";
        if (spec.MaxBatchBytes < 0 || spec.MaxBatchBytes > options.BatchBytesMax)
            return $"largest batch: at most {options.BatchBytesMax} bytes";
        if (spec.DedupWindowMs < 0)
            return "dedup window: not negative";
        if (!Enum.IsDefined(spec.Durability))
            return "unknown durability";
        return FindMistake(spec.Retention) ?? FindMistake(spec.Filters) ?? FindMistake(spec.Labels);
    }

    private static string? FindMistake(Retention retention)
    {
        var isWrong = retention.MaxAgeMs < 0 || retention.MaxBytes < 0 || retention.MaxRecords < 0 || retention.MaxRecordsPerKey < 0
            || !Enum.IsDefined(retention.Policy);
        return isWrong ? "retention: limits are not negative and the policy is a known one" : null;
    }

    private static string? FindMistake(IReadOnlyList<SubjectFilter> filters)
    {
        foreach (var filter in filters)
        {
            if (!SubjectRules.IsFilter(Encoding.UTF8.GetBytes(filter.Value)))
                return "filters: not empty";
        }
        return null;
    }

    private string? FindMistake(IReadOnlyDictionary<string, string> labels)
    {
        var bytes = 0L;
        foreach (var (name, value) in labels)
            bytes += name.Length + value.Length;
        return labels.Count > options.LabelsMax || bytes > LabelBytesMax ? $"labels: at most {options.LabelsMax} with {LabelBytesMax} characters" : null;
    }
}
