using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Subjects;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs;

/// <summary>Walks through the records of a log, a bounded piece at a time. For one caller; holds pooled buffers until disposed.</summary>
internal sealed class LogScan(ILog log) : IDisposable
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Bytes that one <see cref="SelectAsync"/> looks at before it answers with what it has found so far.</summary>
    private const long ScanBytesMax = 64 << 20;

    private readonly PooledBytes _piece = new();
    private readonly OpenedBatch _opened = new();
    private readonly List<int> _indices = [];

    /// <summary>
    /// Writes the records that a selector wants, from an offset on, in batches that hold nothing else. Stops at the end, at <paramref name="bytesMax"/> (one batch is
    /// written even where it is larger), at <paramref name="recordsMax"/>, or when it has looked at enough.
    /// </summary>
    public async ValueTask<LogReadResult> SelectAsync(Offset from, IRecordSelector selector, int bytesMax, int recordsMax, PooledBytes destination)
    {
        var written = destination.Length;
        var scanned = 0L;
        var records = 0;
        while (scanned < ScanBytesMax)
        {
            _piece.Clear();
            var read = await log.ReadAsync(new LogRead { From = from, MaxBytes = PieceBytes }, _piece).ConfigureAwait(false);
            if (read.Error != ErrorCode.None)
                return read with { Bytes = destination.Length - written };
            if (read.Bytes == 0)
                break;
            scanned += read.Bytes;
            if (!SelectFromPiece(selector, bytesMax, recordsMax, destination, ref records, ref from))
                break;
            from = read.Next;
        }
        return new LogReadResult(ErrorCode.None, from, destination.Length - written);
    }

    /// <summary>Offsets of all records that a selector wants, ascending.</summary>
    public async ValueTask<List<Offset>> FindAsync(Offset from, IRecordSelector selector)
    {
        var found = new List<Offset>();
        await VisitAsync(from, batch =>
        {
            var reader = _opened.Read(batch);
            while (reader.MoveNext())
            {
                if (selector.Wants(reader.Current))
                    found.Add(reader.Current.Offset);
            }
        }).ConfigureAwait(false);
        return found;
    }

    /// <summary>Newest offset of every key among the records that a selector wants. Records without a key count as one key each.</summary>
    public async ValueTask<HashSet<long>> FindLastPerKeyAsync(Offset from, IRecordSelector selector)
    {
        var last = new Dictionary<byte[], long>(Utf8Comparer.Instance);
        var offsets = new HashSet<long>();
        await VisitAsync(from, batch =>
        {
            var byKey = last.GetAlternateLookup<ReadOnlySpan<byte>>();
            var reader = _opened.Read(batch);
            while (reader.MoveNext())
            {
                var record = reader.Current;
                if (!selector.Wants(record))
                    continue;
                if (record.HasKey)
                    byKey[record.Key] = record.Offset.Value;
                else
                    offsets.Add(record.Offset.Value);
            }
        }).ConfigureAwait(false);
        offsets.UnionWith(last.Values);
        return offsets;
    }

    public void Dispose()
    {
        _piece.Dispose();
        _opened.Dispose();
    }

    private async ValueTask VisitAsync(Offset from, BatchVisitor visit)
    {
        while (true)
        {
            _piece.Clear();
            var read = await log.ReadAsync(new LogRead { From = from, MaxBytes = PieceBytes }, _piece).ConfigureAwait(false);
            if (read.Error == ErrorCode.OffsetOutOfRange && from < log.StartOffset)
            {
                from = log.StartOffset;
                continue;
            }
            if (read.Error != ErrorCode.None || read.Bytes == 0)
                return;
            from = read.Next;
            Visit(visit);
        }
    }

    private void Visit(BatchVisitor visit)
    {
        var walker = new BatchWalker(_piece.Span);
        while (walker.MoveNext())
        {
            if (_opened.TryOpen(walker.Current))
                visit(walker.Current);
        }
    }

    /// <returns>False where the answer is full; <paramref name="from"/> is then where to read on.</returns>
    private bool SelectFromPiece(
        IRecordSelector selector, int bytesMax, int recordsMax, PooledBytes destination, ref int records, ref Offset from)
    {
        var walker = new BatchWalker(_piece.Span);
        while (walker.MoveNext())
        {
            var batch = walker.Current;
            var header = new RecordBatchHeader(batch);
            if (destination.Length > 0 && destination.Length + batch.Length > bytesMax)
            {
                from = Later(from, header.BaseOffset);
                return false;
            }
            records += Select(selector, batch, destination);
            if (recordsMax > 0 && records >= recordsMax)
            {
                from = header.LastOffset + 1;
                return false;
            }
        }
        return true;
    }

    private int Select(IRecordSelector selector, ReadOnlySpan<byte> batch, PooledBytes destination)
    {
        if (!_opened.TryOpen(batch))
            return 0;
        _indices.Clear();
        var reader = _opened.Read(batch);
        var count = 0;
        for (; reader.MoveNext(); count++)
        {
            if (selector.Wants(reader.Current))
                _indices.Add(count);
        }
        if (_indices.Count == count)
            destination.Write(batch);
        else if (_indices.Count > 0)
            BatchSelection.Write(_opened, batch, _indices, destination);
        return _indices.Count;
    }

    private static Offset Later(Offset left, Offset right) => left > right ? left : right;

    private delegate void BatchVisitor(ReadOnlySpan<byte> batch);
}
