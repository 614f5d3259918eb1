namespace RobustMQ.Records.Consumers;

/// <summary>Offsets that a group commits together: all or none.</summary>
public sealed record OffsetCommit
{
    /// <summary>Of one offset's <see cref="GroupOffset.Metadata"/>.</summary>
    public const int MetadataBytesMax = 4096;

    /// <summary>Of the group; the logs may be of other namespaces.</summary>
    public required Namespace Namespace { get; init; }

    /// <summary>1 to 512 bytes.</summary>
    public required string Group { get; init; }

    /// <summary>
    /// A commit with a generation lower than the highest that this group has seen is <see cref="ErrorCode.Fenced"/>; a higher one becomes the group's (a commit without offsets does only that).
    /// -1: outside of the generations, never fenced.
    /// </summary>
    public long Generation { get; init; } = -1;

    public IReadOnlyList<GroupOffset> Offsets { get; init; } = [];
}
