using System.Collections.ObjectModel;

namespace RobustMQ.Records.Topics;

/// <summary>What somebody wants a topic to be. Everything left out is the node's default.</summary>
public sealed record TopicSpec
{
    public Namespace Namespace { get; init; }

    public required TopicName Name { get; init; }

    /// <summary>Cannot change after creation.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>0: one. Can only grow.</summary>
    public int Partitions { get; init; }

    public Retention Retention { get; init; } = Retention.Unlimited;

    /// <summary>Subjects that this topic stores. Empty at creation: the one subject that is its name.</summary>
    public IReadOnlyList<SubjectFilter> Filters { get; init; } = [];

    /// <summary>What an append gets that asks for <see cref="Durability.TopicDefault"/>.</summary>
    public Durability Durability { get; init; }

    /// <summary>Largest batch. 0: the node's default.</summary>
    public int MaxBatchBytes { get; init; }

    /// <summary>How long message ids are remembered. 0: not at all.</summary>
    public long DedupWindowMs { get; init; }

    /// <summary>Unix ms at which the topic and its records are gone; 0: never. Fixed at creation.</summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>At creation, instead of <see cref="ExpiresAtMs"/>: ms from then on. Kept as it was given.</summary>
    public long TtlMs { get; init; }

    /// <summary>Free text by key, kept for gateways.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
