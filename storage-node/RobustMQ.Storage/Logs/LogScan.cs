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
    private readonly SelectedRecords _selected = new();

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
            {
                // Nothing lies between here and the end.
                from = Later(from, read.Next);
                break;
            }
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
        var found = new OffsetCollector(selector);
        await VisitAsync(from, log.EndOffset, found).ConfigureAwait(false);
        return found.Offsets;
    }

    /// <summary>Newest offset of every key among the records in [from, until) that a selector wants. Records without a key count as one key each.</summary>
    public async ValueTask<HashSet<long>> FindLastPerKeyAsync(Offset from, Offset until, IRecordSelector selector)
    {
        var last = new LastPerKey(selector);
        await VisitAsync(from, until, last).ConfigureAwait(false);
        return last.TakeOffsets();
    }

    /// <summary>Shows the records from an offset, or the batch that holds it, to another. Records that are removed meanwhile may be left out.</summary>
    public async ValueTask VisitAsync(Offset from, Offset until, IRecordVisitor visitor)
    {
        while (from < until)
        {
            _piece.Clear();
            var read = await log.ReadAsync(new LogRead { From = from, Until = until, MaxBytes = PieceBytes }, _piece).ConfigureAwait(false);
            if (read.Error == ErrorCode.OffsetOutOfRange && from < log.StartOffset)
            {
                from = log.StartOffset;
                continue;
            }
            if (read.Error != ErrorCode.None || read.Bytes == 0 || !Visit(visitor))
                return;
            from = read.Next;
        }
    }

    public void Dispose()
    {
        _piece.Dispose();
        _opened.Dispose();
        _selected.Dispose();
    }

    private bool Visit(IRecordVisitor visitor)
    {
        var walker = new BatchWalker(_piece.Span);
        while (walker.MoveNext())
        {
            if (!_opened.TryOpen(walker.Current))
                continue;
            var reader = _opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                if (!visitor.Visit(reader.Current))
                    return false;
            }
        }
        return true;
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
            records += _selected.Write(batch, selector, destination, recordsMax > 0 ? recordsMax - records : int.MaxValue);
            if (recordsMax > 0 && records >= recordsMax)
            {
                from = _selected.Last + 1;
                return false;
            }
        }
        return true;
    }

    private static Offset Later(Offset left, Offset right) => left > right ? left : right;

    private sealed class OffsetCollector(IRecordSelector selector) : IRecordVisitor
    {
        public List<Offset> Offsets { get; } = [];

        public bool Visit(in Record record)
        {
            if (selector.Wants(record))
                Offsets.Add(record.Offset);
            return true;
        }
    }

    private sealed class LastPerKey(IRecordSelector selector) : IRecordVisitor
    {
        private readonly Dictionary<byte[], long> _last = new(Utf8Comparer.Instance);
        private readonly HashSet<long> _offsets = [];

        public bool Visit(in Record record)
        {
            if (!selector.Wants(record))
                return true;
            if (record.HasKey)
                _last.GetAlternateLookup<ReadOnlySpan<byte>>()[record.Key] = record.Offset.Value;
            else
                _offsets.Add(record.Offset.Value);
            return true;
        }

        public HashSet<long> TakeOffsets()
        {
            _offsets.UnionWith(_last.Values);
            return _offsets;
        }
    }
}
