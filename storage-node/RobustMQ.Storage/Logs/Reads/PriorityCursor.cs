using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Keys;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>
/// Highest lane first, in offset order within each. A log that indexes its lanes is asked for them, and walked over only for lane 0; another one is walked over from the
/// lowest position, for all lanes together.
/// </summary>
internal sealed class PriorityCursor : IReadCursor
{
    /// <summary>Records that are looked up at once.</summary>
    private const int FindMax = 1024;

    private readonly ILog _log;
    private readonly WantedRecords _wanted;
    private readonly LogScan _scan;
    private readonly OffsetFetch _fetch;
    private readonly SortedDictionary<byte, Offset> _positions = [];
    private readonly List<long> _found = [];
    private readonly List<byte> _lanes = [];

    /// <summary>How many of <see cref="_found"/> the last write dealt with.</summary>
    private int _done;

    /// <param name="from">Where lanes begin that are not in <paramref name="positions"/>.</param>
    public PriorityCursor(ILog log, WantedRecords wanted, Offset from, IReadOnlyList<LanePosition> positions)
    {
        _log = log;
        _wanted = wanted;
        _scan = new LogScan(log);
        _fetch = new OffsetFetch(log);
        Next = from;
        foreach (var (lane, next) in positions)
            _positions[lane] = next;
    }

    public Offset Next { get; private set; }

    public IReadOnlyList<LanePosition> Lanes => [.. _positions.Select(entry => new LanePosition(entry.Key, entry.Value))];

    public bool IsAtEnd => _positions.Count == 0 && Next >= _log.EndOffset;

    public async ValueTask<ErrorCode> ReadAsync(PooledBytes bytes, int bytesMax, int recordsMax, long nowMs)
    {
        var end = _log.EndOffset;
        var countMax = recordsMax > 0 ? Math.Min(recordsMax, FindMax) : FindMax;
        _wanted.NowMs = nowMs;
        if (_log is not IIndexedLog indexed)
        {
            await WalkAsync(end, countMax).ConfigureAwait(false);
            return await WriteAsync(bytes, bytesMax, end, isLast: _found.Count < countMax).ConfigureAwait(false);
        }
        FindInLanes(indexed, end, countMax);
        var countLeft = countMax - _found.Count;
        var error = await WriteAsync(bytes, bytesMax, end, isLast: false).ConfigureAwait(false);
        if (error != ErrorCode.None || countLeft == 0 || _done < _found.Count)
            return error;
        // Lane 0 is walked over only where the others leave room: it may be that nothing lies in it, and everything between is read for that.
        var isCutShort = await FindInLowestAsync(end, countLeft, bytesMax - bytes.Length).ConfigureAwait(false);
        return await WriteAsync(bytes, bytesMax, end, isLast: !isCutShort && _found.Count < countLeft).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _scan.Dispose();
        _fetch.Dispose();
    }

    private Offset PositionOf(byte lane) => Later(_positions.GetValueOrDefault(lane, Next), _log.StartOffset);

    /// <summary>Writes what was found, as far as it fits.</summary>
    /// <param name="isLast">Nothing else was to be found before the end.</param>
    private async ValueTask<ErrorCode> WriteAsync(PooledBytes bytes, int bytesMax, Offset end, bool isLast)
    {
        (var error, _done) = await _fetch.WriteAsync(_found, _wanted, bytesMax, bytes).ConfigureAwait(false);
        for (var i = 0; i < _done; i++)
            _positions[_lanes[i]] = new Offset(_found[i] + 1);
        if (isLast && _done == _found.Count && error == ErrorCode.None)
        {
            _positions.Clear();
            Next = Later(Next, end);
        }
        return error;
    }

    private void FindInLanes(IIndexedLog indexed, Offset end, int countMax)
    {
        _found.Clear();
        _lanes.Clear();
        for (var lane = indexed.FindLaneBelow(byte.MaxValue + 1); lane > 0 && _found.Count < countMax; lane = indexed.FindLaneBelow(lane))
        {
            indexed.FindInLane((byte)lane, PositionOf((byte)lane), end, countMax, _found);
            while (_lanes.Count < _found.Count)
                _lanes.Add((byte)lane);
        }
    }

    /// <returns>There may be more: the walk ended when it had found as many bytes as fit.</returns>
    private async ValueTask<bool> FindInLowestAsync(Offset end, int countMax, int bytesMax)
    {
        _found.Clear();
        _lanes.Clear();
        var lowest = new LaneCollector(0, PositionOf, end, countMax, bytesMax);
        await _scan.VisitAsync(PositionOf(0), end, lowest).ConfigureAwait(false);
        lowest.Take(_found, _lanes, countMax);
        return lowest.IsEnough;
    }

    private async ValueTask WalkAsync(Offset end, int countMax)
    {
        _found.Clear();
        _lanes.Clear();
        var lowest = PositionOf(0);
        foreach (var position in _positions.Values)
            lowest = position < lowest ? position : lowest;
        lowest = Later(Next < lowest ? Next : lowest, _log.StartOffset);
        // What it finds of a lane may all have expired, so bytes say nothing of whether a lower one has its turn.
        var collector = new LaneCollector(byte.MaxValue, PositionOf, end, countMax, int.MaxValue);
        await _scan.VisitAsync(lowest, end, collector).ConfigureAwait(false);
        collector.Take(_found, _lanes, countMax);
    }

    private static Offset Later(Offset left, Offset right) => left > right ? left : right;

    /// <summary>Collects the first offsets of every lane, up to a highest, behind its position.</summary>
    private sealed class LaneCollector(byte highest, Func<byte, Offset> positionOf, Offset end, int countMax, int bytesMax) : IRecordVisitor
    {
        private readonly List<long>?[] _offsets = new List<long>?[byte.MaxValue + 1];
        private readonly Offset?[] _from = new Offset?[byte.MaxValue + 1];
        private long _highestBytes;

        /// <summary>Of the highest lane more bytes were found than fit: a page of large records is not looked for in everything behind it.</summary>
        public bool IsEnough => _highestBytes > bytesMax;

        public bool Visit(in Record record)
        {
            var lane = StorageHeaders.LaneOf(record);
            if (lane > highest)
                return true;
            var from = _from[lane] ??= positionOf(lane);
            if (record.Offset < from || record.Offset >= end)
                return true;
            var offsets = _offsets[lane] ??= [];
            if (offsets.Count < countMax)
                offsets.Add(record.Offset.Value);
            // The highest lane comes first whatever is found later; a full lower one says nothing.
            if (lane != highest)
                return true;
            _highestBytes += record.Key.Length + record.Value.Length;
            return offsets.Count < countMax && !IsEnough;
        }

        public void Take(List<long> found, List<byte> lanes, int foundMax)
        {
            for (var lane = byte.MaxValue; ; lane--)
            {
                for (var i = 0; i < (_offsets[lane]?.Count ?? 0) && found.Count < foundMax; i++)
                {
                    found.Add(_offsets[lane]![i]);
                    lanes.Add(lane);
                }
                if (lane == 0)
                    return;
            }
        }
    }
}
