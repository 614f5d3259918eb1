using System.Globalization;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>Names of the files of a log's directory. A segment's are its base offset in 20 digits, as Kafka names them.</summary>
internal static class SegmentNames
{
    public const string LogSuffix = ".log";
    public const string IndexSuffix = ".index";

    /// <summary>A segment that replaces everything from its base offset on: written by a truncation that cuts through a batch.</summary>
    public const string CutSuffix = ".cut";

    /// <summary>A segment written again without its removed records, and the index that belongs to it: once that is there the two take the place of the old ones.</summary>
    public const string CompactedSuffix = ".compacted";
    public const string CompactedIndexSuffix = ".swap";

    /// <summary>What recovery took out of a log because it cannot be part of it, kept for a person to look at.</summary>
    public const string AsideSuffix = ".aside";

    public const string Journal = "log.journal";

    /// <summary>What the owner of the log keeps beside it.</summary>
    public const string Snapshot = "owner.snapshot";

    public static string Log(long baseOffset) => Name(baseOffset) + LogSuffix;

    public static string Index(long baseOffset) => Name(baseOffset) + IndexSuffix;

    public static string Cut(long baseOffset) => Name(baseOffset) + CutSuffix;

    public static string Compacted(long baseOffset) => Name(baseOffset) + CompactedSuffix;

    public static string CompactedIndex(long baseOffset) => Name(baseOffset) + CompactedIndexSuffix;

    /// <summary>The base offset in a name with a suffix; -1 for other names.</summary>
    public static long BaseOffsetOf(string name, string suffix) =>
        name.EndsWith(suffix, StringComparison.Ordinal) && name.Length == 20 + suffix.Length
        && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset)
            ? baseOffset
            : -1;

    private static string Name(long baseOffset) => baseOffset.ToString("D20", CultureInfo.InvariantCulture);
}
