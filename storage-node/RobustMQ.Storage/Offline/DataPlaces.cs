using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Offline;

/// <summary>Where the data of one node lies: its data directory, and the directories of the segment engine where they are configured apart.</summary>
public sealed class DataPlaces
{
    /// <param name="data">The node's setting <c>data</c>.</param>
    /// <param name="logDirectories">Its setting <c>storage:log_directories</c>; empty: below the data directory.</param>
    public DataPlaces(string data, IReadOnlyList<string> logDirectories)
    {
        ArgumentNullException.ThrowIfNull(logDirectories);
        Data = Path.GetFullPath(data);
        Segments = logDirectories.Count > 0 ? [.. logDirectories.Select(Path.GetFullPath)] : [Path.Combine(Data, "segments")];
        Apart = [.. Segments.Where(directory => !IsBelow(directory, Data))];
    }

    public string Data { get; }

    internal string Metadata => Path.Combine(Data, "metadata");

    internal string LogDatabase => Path.Combine(Data, "logs");

    internal IReadOnlyList<string> Segments { get; }

    /// <summary>Log directories that do not lie within the data directory.</summary>
    internal IReadOnlyList<string> Apart { get; }

    /// <summary>Those that do, as paths within it.</summary>
    internal IReadOnlyList<string> Within => [.. Segments.Except(Apart).Select(directory => Path.GetRelativePath(Data, directory))];

    internal IEnumerable<DiskDirectory> StoredSegments() => Segments.Where(Directory.Exists).Select(DiskDirectory.ForReading);

    private static bool IsBelow(string directory, string parent) => directory.StartsWith(parent.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
