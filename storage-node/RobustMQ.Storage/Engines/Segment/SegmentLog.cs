using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Reads;
using RobustMQ.Storage.Engines.Segment.Recovery;
using RobustMQ.Storage.Engines.Segment.Rewrites;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Segment.Syncs;
using RobustMQ.Storage.Engines.Segment.Walks;
using RobustMQ.Storage.Engines.Tails;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>
/// A log in segment files. Every append goes to the operating system at once, so that what is accepted is also written; a flush makes it durable together with everything that other
/// logs wait for. The writer changes state under a short lock; readers find and open their segment under it and read without it.
/// </summary>
internal sealed class SegmentLog : ILog
{
    private readonly Lock _lock = new();
    private readonly SegmentStore _store;
    private readonly LogJournal _journal;
    private readonly SegmentSet _segments;
    private readonly LogFacts _facts;
    private readonly SegmentRemoval _removal;
    private readonly SegmentReader _reader;
    private readonly LogTail _tail;
    private readonly SegmentSealing _sealing;
    private LogOptions _options;
    private long _snapshotEnd = -1;
    private volatile Exception? _failure;
    private bool _isClosed;

    /// <summary>Recovers what is stored of the log.</summary>
    public SegmentLog(SegmentStore store, IStorageDirectory directory, LogId id, LogOptions options)
    {
        _store = store;
        _options = options;
        Directory = directory;
        Id = id;
        _journal = new LogJournal(directory, store.Files);
        _segments = new SegmentSet(store, this);
        SyncMarks = new SyncMarks(this, _journal);
        _facts = new LogFacts(this, _journal);
        _reader = new SegmentReader(this);
        _tail = new LogTail(store.Tails);
        _sealing = new SegmentSealing(this);
        _removal = new SegmentRemoval(this, _facts, _tail);
        Load(_journal.Load(what => Report(0, SegmentNames.Journal, what)));
        _removal.Keys.Configure(options.Retention.MaxRecordsPerKey);
        _removal.DropToLimits(options.Retention);
        _sealing.SealRest();
    }

    public LogId Id { get; }

    public IStorageDirectory Directory { get; }

    public Offset StartOffset => new(_segments.Start);

    public Offset EndOffset => new(_segments.End);

    public long SizeBytes => _segments.SizeBytes;

    public long RecordCount => _segments.RecordCount;

    public long AppliedIndex => _facts.AppliedIndex;

    internal Lock Lock => _lock;

    internal SegmentSet Segments => _segments;

    internal SegmentStore Store => _store;

    internal SyncMarks SyncMarks { get; }

    internal bool IsClosed => _isClosed;

    /// <summary>Raised by every change after which bytes that were read may no longer be those of the log. Under the lock.</summary>
    internal int Generation { get; private set; }

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index)
    {
        ThrowIfFailed();
        if (batch.Length > _options.MaxBatchBytes)
            throw new StorageException(ErrorCode.TooLarge, $"{batch.Length} bytes are more than a batch of this log may have");
        var segment = SegmentFor(batch);
        var baseOffset = new Offset(_segments.End);
        var stamped = _tail.Begin(batch);
        try
        {
            RecordBatchHeader.Stamp(stamped, baseOffset, epoch);
            BatchInfo.TryParse(stamped, segment.Bytes, int.MaxValue, out var added);
            Write(segment, stamped);
            lock (_lock)
            {
                _segments.Add(added);
                _tail.Publish(baseOffset.Value, _segments.End);
                _facts.Applied(index, epoch);
                _removal.DropToLimits(_options.Retention);
            }
            _removal.OnAppended(stamped);
        }
        finally
        {
            _tail.End();
        }
        return baseOffset;
    }

    public async ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        if (level < Durability.Durable || !SyncMarks.IsBehind)
            return;
        await _store.Syncs.SyncAsync(this).ConfigureAwait(false);
        ThrowIfFailed();
    }

    public ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default) =>
        new(_tail.TryRead(read, destination, out var result) ? result : _reader.Read(read, destination));

    public ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return new(_segments.FindTime(timeMs));
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key) => _removal.Keys.FindLast(key);

    public long DeleteBefore(Offset offset)
    {
        ThrowIfFailed();
        return _removal.DeleteBefore(offset.Value);
    }

    public long Delete(IReadOnlyList<Offset> offsets)
    {
        ThrowIfFailed();
        return _removal.Delete(offsets);
    }

    public void TruncateTo(Offset endOffset)
    {
        ThrowIfFailed();
        lock (_lock)
        {
            var end = endOffset.Value;
            if (end >= _segments.End)
                return;
            // What comes may get the names of what is still to be deleted.
            if (!_removal.TryDeleteLeftovers())
                throw new StorageException(ErrorCode.DiskFailure, $"log {Id} cannot be cut: old segments in '{Directory.Path}' cannot be deleted");
            var state = _facts.RecordCut(end);
            DropSnapshot();
            try
            {
                _segments.Cut(end);
                _tail.Forget();
                Generation++;
                Load(state);
            }
            catch (StorageException error)
            {
                // It was decided and is half done: the next start finishes it.
                Fail(error);
                throw;
            }
        }
        _removal.Keys.Forget();
    }

    public long ApplyRetention(long nowMs)
    {
        ThrowIfFailed();
        _store.Pass(Id);
        long removed;
        lock (_lock)
        {
            _sealing.SealRest();
            removed = _removal.Apply(_options.Retention, nowMs);
        }
        removed += DropTombstones(nowMs);
        lock (_lock)
        {
            _facts.Tidy();
            Compact();
        }
        return removed;
    }

    public void Configure(LogOptions options)
    {
        lock (_lock)
        {
            // What a limit per key displaced stays away when the limit goes.
            if (_options.Retention.MaxRecordsPerKey > 0 && options.Retention.MaxRecordsPerKey != _options.Retention.MaxRecordsPerKey)
                _facts.TryRewrite();
            _options = options;
        }
        _removal.Keys.Configure(options.Retention.MaxRecordsPerKey);
    }

    public LogManifest GetManifest()
    {
        lock (_lock)
            return new LogManifest(Id, StartOffset, EndOffset, SizeBytes, _facts.AppliedIndex, _facts.LastEpoch);
    }

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot)
    {
        ThrowIfFailed();
        SnapshotFile.Write(Directory, _segments.End, snapshot);
        _snapshotEnd = _segments.End;
    }

    public LogSnapshot? LoadSnapshot()
    {
        if (SnapshotFile.TryRead(Directory) is not { } snapshot)
            return null;
        if (snapshot.End <= EndOffset)
        {
            _snapshotEnd = snapshot.End.Value;
            return snapshot;
        }
        // A crash took records that it speaks of; others may get their offsets.
        DropSnapshot();
        return null;
    }

    /// <summary>Brings everything to the device and notes how far that is, so that the next start has nothing to scan.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        try
        {
            if (_failure is null)
                await FlushAsync(Durability.Durable).ConfigureAwait(false);
            lock (_lock)
            {
                if (_failure is null)
                    WriteCheckpoint();
            }
        }
        finally
        {
            lock (_lock)
                _segments.Dispose();
            _tail.Dispose();
            _journal.Dispose();
            _removal.Dispose();
            _store.Forget(Id);
        }
    }

    /// <summary>A flush failed: what was written may never reach the device, so nothing more is taken until the log is opened again.</summary>
    internal void Fail(Exception error)
    {
        _failure ??= error;
        Report(_segments.End, Directory.Path, $"takes no more until it is opened again: {error.Message}");
    }

    internal StorageException Damaged(SegmentFile segment, long offset, string what)
    {
        Report(offset, segment.Slot.Name, what);
        return new StorageException(ErrorCode.DiskFailure, $"log {Id} cannot be read at offset {offset} in '{Directory.Path}/{segment.Slot.Name}': {what}");
    }

    private void DropSnapshot()
    {
        Directory.DeleteFile(SegmentNames.Snapshot);
        Directory.Sync();
        _snapshotEnd = -1;
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new StorageException(ErrorCode.DiskFailure, $"log {Id} takes no more until it is opened again: {failure.Message}", failure);
    }

    private void Load(JournalState state)
    {
        _segments.Load(new SegmentRecovery(Directory, _store, Id).Run(), state);
        _facts.Load(state);
    }

    private SegmentFile SegmentFor(ReadOnlySpan<byte> batch)
    {
        var last = _segments.Last;
        if (last is not null && !_segments.MustRoll(last, batch, SegmentBytes))
            return last;
        lock (_lock)
        {
            // A log that has filled a segment is likely to fill the next: its room is set aside.
            var segment = _segments.Roll(last is { Bytes: > 0 } ? SegmentBytes : 0);
            SyncMarks.OnNamesChanged();
            if (last is { Summary.IsSealed: false })
                _sealing.Seal(last);
            return segment;
        }
    }

    /// <summary>Space is given back by whole segments: a log with few bytes has small ones.</summary>
    private int SegmentBytes =>
        _options.Retention.MaxBytes is > 0 and var limit
            ? (int)Math.Clamp(limit / 4, Math.Min(_store.Options.SegmentBytesMin, _store.Options.SegmentBytes), _store.Options.SegmentBytes)
            : _store.Options.SegmentBytes;

    private void Write(SegmentFile segment, ReadOnlySpan<byte> bytes)
    {
        using var lease = _store.Files.Use(segment.Slot);
        try
        {
            lease.File.Write(segment.Bytes, bytes);
        }
        catch (StorageException error)
        {
            TryCut(lease.File, segment.Bytes);
            ReportPassing(segment.Slot.Name, error.Message);
            throw;
        }
    }

    /// <summary>Part of a batch may be in the file: it is not part of the log, and recovery would say so too.</summary>
    private static void TryCut(IStorageFile file, int bytes)
    {
        try
        {
            file.SetLength(bytes);
        }
        catch (StorageException)
        {
            // The next append writes over it.
        }
    }

    private long DropTombstones(long nowMs)
    {
        var expired = new List<Offset>();
        _removal.Keys.TakeTombstones(nowMs - _store.Options.TombstoneRetentionMs, expired);
        return expired.Count > 0 ? Delete(expired) : 0;
    }

    private void Compact()
    {
        foreach (var segment in _segments.Files.ToArray())
        {
            var isWorthIt = segment.Summary.IsSealed && !segment.IsBusy && segment.DeadBytes > segment.Bytes / 2;
            // Batches that the owner's snapshot does not cover tell it about producers.
            var isCovered = _snapshotEnd < 0 || segment.EndOffset <= _snapshotEnd;
            if (!isWorthIt || !isCovered || segment == _segments.Files[0] || segment == _segments.Last)
                continue;
            segment.IsBusy = true;
            _store.Jobs.Run(() => SegmentCompaction.Run(this, segment));
        }
    }

    /// <summary>Bytes under a name are others now.</summary>
    internal void OnReplaced()
    {
        Generation++;
        SyncMarks.OnNamesChanged();
    }

    private void WriteCheckpoint()
    {
        if (_segments.Last is { Summary.IsSealed: false } last && last.SyncedBytes == last.Bytes)
            IndexFile.Write(Directory, last.Summary, last.Index!);
        _facts.Complete();
    }

    /// <summary>Something failed that will be tried again.</summary>
    internal void ReportPassing(string file, string what) => _store.ReportPassing(new LogTrouble(Id, new Offset(_segments.End), file, what));

    private void Report(long offset, string file, string what) => _store.Report(new LogTrouble(Id, new Offset(offset), file, what));
}
