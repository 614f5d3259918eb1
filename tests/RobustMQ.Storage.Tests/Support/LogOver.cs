using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Keys;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>A log that counts what is read of it, and lets something happen to it around its first read.</summary>
internal class LogOver(ILog inner, Action? afterFirstRead = null, Action? beforeFirstRead = null) : ILog
{
    private bool _hasRead;

    public long BytesRead { get; private set; }

    public LogId Id => inner.Id;

    public Offset StartOffset => inner.StartOffset;

    /// <summary>What was appended behind it is in the indexes and not shown yet; none: everything is shown.</summary>
    public Offset ShownTo { get; set; } = Offset.None;

    public Action? BeforeEachRead { get; init; }

    public Action? BeforeKeyIsLookedUp { get; init; }

    public Action? AfterTimeIsFound { get; init; }

    public Offset EndOffset => ShownTo == Offset.None ? inner.EndOffset : ShownTo;

    public long SizeBytes => inner.SizeBytes;

    public long RecordCount => inner.RecordCount;

    public long AppliedIndex => inner.AppliedIndex;

    public Offset Append(ReadOnlySpan<byte> batch, Epoch epoch, long index) => inner.Append(batch, epoch, index);

    public ValueTask FlushAsync(Durability level, CancellationToken cancellationToken = default) => inner.FlushAsync(level, cancellationToken);

    public async ValueTask<LogReadResult> ReadAsync(LogRead read, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        var isFirst = !_hasRead;
        _hasRead = true;
        BeforeEachRead?.Invoke();
        if (isFirst)
            beforeFirstRead?.Invoke();
        var result = read.From >= EndOffset ? new LogReadResult(ErrorCode.None, read.From, 0) : await inner.ReadAsync(read, destination, cancellationToken);
        if (isFirst)
            afterFirstRead?.Invoke();
        BytesRead += result.Bytes;
        return result;
    }

    public async ValueTask<(Offset Offset, long TimestampMs)> FindTimeAsync(long timeMs, CancellationToken cancellationToken = default)
    {
        var found = await inner.FindTimeAsync(timeMs, cancellationToken);
        AfterTimeIsFound?.Invoke();
        return found;
    }

    public Offset FindLastOfKey(ReadOnlySpan<byte> key)
    {
        BeforeKeyIsLookedUp?.Invoke();
        return inner.FindLastOfKey(key);
    }

    public long DeleteBefore(Offset offset) => inner.DeleteBefore(offset);

    public long Delete(IReadOnlyList<Offset> offsets) => inner.Delete(offsets);

    public void TruncateTo(Offset endOffset) => inner.TruncateTo(endOffset);

    public long ApplyRetention(long nowMs) => inner.ApplyRetention(nowMs);

    public void Configure(LogOptions options) => inner.Configure(options);

    public void SaveSnapshot(ReadOnlySpan<byte> snapshot) => inner.SaveSnapshot(snapshot);

    public LogSnapshot? LoadSnapshot() => inner.LoadSnapshot();

    public LogManifest GetManifest() => inner.GetManifest();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>The same for a log that has indexes.</summary>
internal sealed class IndexedLogOver(ILog inner) : LogOver(inner), IIndexedLog
{
    private readonly IIndexedLog _indexed = (IIndexedLog)inner;

    public Offset FindLastOfKey(ReadOnlySpan<byte> key, Offset until) => _indexed.FindLastOfKey(key, until);

    public int FindLaneBelow(int lane) => _indexed.FindLaneBelow(lane);

    public void FindInLane(byte lane, Offset from, Offset until, int countMax, List<long> found) => _indexed.FindInLane(lane, from, until, countMax, found);

    public bool TryFindByKey(ReadOnlySpan<byte> key, bool isPrefix, Offset from, Offset until, int countMax, List<long> found) =>
        _indexed.TryFindByKey(key, isPrefix, from, until, countMax, found);
}
