using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Syncs;

/// <summary>What of one log is not on the device yet, as of one moment. Keeps its files open until disposed.</summary>
internal sealed class DirtyLog(SegmentLog log) : IDisposable
{
    private readonly List<(SegmentFile Segment, FileLease Lease, int Bytes)> _segments = [];
    private FileLease? _journal;

    public SegmentLog Log { get; } = log;

    public bool NamesChanged { get; set; }

    public int FileCount => _segments.Count + (_journal is null ? 0 : 1) + (NamesChanged ? 1 : 0);

    public IReadOnlyList<(SegmentFile Segment, FileLease Lease, int Bytes)> Segments => _segments;

    public FileSlot? Journal { get; private set; }

    public long JournalBytes { get; private set; }

    public void Add(SegmentFile segment, FileLease lease) => _segments.Add((segment, lease, segment.Bytes));

    public void AddJournal(FileSlot slot, FileLease lease, long bytes)
    {
        _journal = lease;
        Journal = slot;
        JournalBytes = bytes;
    }

    public void Sync()
    {
        foreach (var (_, lease, _) in _segments)
            lease.File.Sync();
        _journal?.File.Sync();
        if (NamesChanged)
            Log.Directory.Sync();
        MarkSynced();
    }

    public void MarkSynced() => Log.SyncMarks.MarkSynced(this);

    public void Dispose()
    {
        foreach (var (_, lease, _) in _segments)
            lease.Dispose();
        _journal?.Dispose();
    }
}
