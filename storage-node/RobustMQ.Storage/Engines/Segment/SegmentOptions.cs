using RobustMQ.Storage.Engines.Tails;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>Settings of the segment engine.</summary>
internal sealed record SegmentOptions
{
    /// <summary>A segment that would grow past this is rolled. Recovery after a crash reads one segment of each log: 128 MiB take a tenth of a second.</summary>
    public int SegmentBytes { get; init; } = 128 << 20;

    /// <summary>Logs that keep few bytes get segments of a quarter of them, so that space is given back in time, but not smaller than this.</summary>
    public int SegmentBytesMin { get; init; } = 1 << 20;

    /// <summary>A segment whose records span more time than this is rolled, so that retention by age and compaction get at it. As Kafka.</summary>
    public long SegmentAgeMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>Bytes of batches between two entries of the index: a lookup reads this much at most. An entry takes 16 bytes of memory.</summary>
    public int IndexIntervalBytes { get; init; } = 16 << 10;

    /// <summary>Files that are open at once over all logs of a directory.</summary>
    public int OpenFilesMax { get; init; } = 2048;

    /// <summary>A flush of more files than this at once is one call for the whole file system: measured in docs/decisions/0008.</summary>
    public int SyncFilesMax { get; init; } = 2;

    /// <summary>A record without a value stays this long as the only one of its key, for readers to notice the removal. As Kafka.</summary>
    public long TombstoneRetentionMs { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>Bytes of memory for the last batches of logs, over all directories. 0: every read is one of a file.</summary>
    public long TailBytesMax { get; init; } = TailMemory.DefaultBytesMax;

    /// <summary>Sealing, deleting and compacting run beside the logs. Tests that count disk operations run them in place.</summary>
    public bool RunsInPlace { get; init; }
}
