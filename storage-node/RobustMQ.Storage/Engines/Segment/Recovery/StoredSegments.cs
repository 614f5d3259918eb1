using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Walks;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Storage.Engines.Segment.Recovery;

/// <summary>The logs of segment directories that no engine has open.</summary>
internal sealed class StoredSegments : IStoredEngine
{
    private const int WindowBytes = 1 << 20;

    private readonly Dictionary<LogId, IStorageDirectory> _logs = [];
    private readonly List<(string Path, string What)> _rest = [];

    /// <param name="roots">Those that are there.</param>
    public StoredSegments(IEnumerable<IStorageDirectory> roots)
    {
        foreach (var root in roots)
        {
            foreach (var name in root.ListDirectories())
                Find(root, name);
        }
    }

    public IReadOnlyList<LogId> List() => [.. _logs.Keys];

    public StoredLog Describe(LogId id)
    {
        var directory = _logs[id];
        var journal = LogJournal.Peek(directory, static _ => { }, out _);
        var bases = BasesOf(directory);
        var end = bases.Count == 0 ? 0L : bases[0];
        var (bytes, records) = (0L, 0L);
        foreach (var baseOffset in bases)
        {
            var summary = Summarize(directory, baseOffset);
            end = Math.Max(summary.EndOffset, baseOffset);
            bytes += summary.Bytes;
            records += summary.Records;
        }
        var start = Math.Max(journal.Start, bases.Count == 0 ? 0 : bases[0]);
        return new StoredLog(id, null, EngineKind.Segment, directory.Path, new Offset(start), new Offset(Math.Max(start, end)), records, bytes, bases.Count) { Removed = journal.Dead };
    }

    public void Check(LogId id, CheckReport report) => new SegmentCheck(_logs[id], report).Run();

    public void CheckRest(CheckReport report)
    {
        foreach (var (path, what) in _rest)
            report.Note(path, what);
    }

    public IEnumerable<StoredBatch> Read(LogId id, Offset from)
    {
        var directory = _logs[id];
        var bases = BasesOf(directory);
        var first = Math.Max(0, bases.FindLastIndex(baseOffset => baseOffset <= from.Value));
        for (var i = first; i < bases.Count; i++)
        {
            // A torn end is no error where the log ends.
            foreach (var batch in Read(directory, SegmentNames.Log(bases[i]), endsQuietly: i == bases.Count - 1))
                yield return batch;
        }
    }

    /// <summary>The batches of one segment file, which may be one that a node is writing to.</summary>
    /// <param name="endsQuietly">False: bytes at the end that are no batch are an error.</param>
    /// <exception cref="StorageException">What follows cannot be read.</exception>
    public static IEnumerable<StoredBatch> Read(IStorageDirectory directory, string name, bool endsQuietly)
    {
        using var file = directory.OpenFile(name);
        using var check = new BatchCheck();
        var length = Math.Min(file.Length, int.MaxValue);
        using var cursor = new BatchCursor(file, length, WindowBytes);
        var position = 0;
        for (; cursor.TryRead(position, out var batch); position = batch.End)
        {
            var bytes = cursor.Bytes(batch).ToArray();
            if (bytes.Length == 0)
                break;
            yield return new StoredBatch(file.Path, position, bytes, check.Run(bytes));
        }
        if (position < length && !endsQuietly)
            throw new StorageException(ErrorCode.DiskFailure, $"'{file.Path}' holds no batch at byte {position}; {length - position} bytes follow");
    }

    internal static List<long> BasesOf(IStorageDirectory directory)
    {
        var bases = new List<long>();
        foreach (var name in directory.ListFiles())
        {
            if (SegmentNames.BaseOffsetOf(name, SegmentNames.LogSuffix) is >= 0 and var baseOffset)
                bases.Add(baseOffset);
        }
        bases.Sort();
        return bases;
    }

    private static SegmentSummary Summarize(IStorageDirectory directory, long baseOffset)
    {
        if (IndexFile.TryReadSummary(directory, baseOffset, out var summary) && summary.IsSealed)
            return summary;
        using var file = directory.OpenFile(SegmentNames.Log(baseOffset));
        using var cursor = new BatchCursor(file, Math.Min(file.Length, int.MaxValue), WindowBytes);
        var found = SegmentSummary.Empty(baseOffset);
        while (cursor.TryRead(found.Bytes, out var batch) && batch.BaseOffset >= found.EndOffset)
            found = found.With(batch);
        return found;
    }

    private void Find(IStorageDirectory root, string name)
    {
        var path = Path.Combine(root.Path, name);
        if (name.EndsWith(SegmentLogEngine.DeletedSuffix, StringComparison.Ordinal))
            _rest.Add((path, "a log whose deletion the next start finishes"));
        else if (!SegmentLogEngine.TryParse(name, out var id))
            _rest.Add((path, "no log of this engine"));
        else if (!_logs.TryAdd(id, root.Open(name)))
            _rest.Add((path, "a log that lies in another directory too"));
    }

    public void Dispose()
    {
    }
}
