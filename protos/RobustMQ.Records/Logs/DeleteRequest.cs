namespace RobustMQ.Records.Logs;

/// <summary>Which records to remove: exactly one of the three ways is set.</summary>
public sealed record DeleteRequest
{
    public required TopicPartition Log { get; init; }

    /// <summary>Everything before this offset; <see cref="Offset.None"/>: everything.</summary>
    public Offset? BeforeOffset { get; init; }

    /// <summary>Single records.</summary>
    public IReadOnlyList<Offset> Offsets { get; init; } = [];

    /// <summary>Records whose subject matches.</summary>
    public SubjectFilter? Filter { get; init; }

    /// <summary>With <see cref="Filter"/>: keep this many of the newest.</summary>
    public int Keep { get; init; }
}
