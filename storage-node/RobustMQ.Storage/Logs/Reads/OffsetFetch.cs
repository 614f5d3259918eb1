using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>Reads records at given offsets. For one caller; holds pooled buffers until disposed.</summary>
internal sealed class OffsetFetch(ILog log) : IDisposable
{
    private readonly PooledBytes _piece = new();
    private readonly SelectedRecords _selected = new();

    /// <summary>
    /// Writes the records at some offsets, those that are still there and wanted, in the order of the list: an ascending run within one batch becomes one batch. Stops before the
    /// batch that would go beyond <paramref name="bytesMax"/>, unless it is the first in <paramref name="destination"/>.
    /// </summary>
    /// <returns>How many offsets of the list were dealt with.</returns>
    public async ValueTask<(ErrorCode Error, int Done)> WriteAsync(List<long> offsets, IRecordSelector wanted, int bytesMax, PooledBytes destination)
    {
        var run = new OffsetRun(wanted);
        for (var at = 0; at < offsets.Count; at = run.End)
        {
            _piece.Clear();
            var from = new Offset(offsets[at]);
            var read = await log.ReadAsync(new LogRead { From = from, Until = from + 1, MaxBytes = 1 }, _piece).ConfigureAwait(false);
            if (read.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
                return (read.Error, at);
            if (read.Bytes == 0)
            {
                run.End = at + 1;
                continue;
            }
            var before = destination.Length;
            run.Begin(offsets, at, new RecordBatchHeader(_piece.Span).LastOffset);
            _selected.Write(_piece.Span, run, destination);
            if (before == 0 || destination.Length <= bytesMax)
                continue;
            destination.Cut(before);
            return (ErrorCode.None, at);
        }
        return (ErrorCode.None, offsets.Count);
    }

    public void Dispose()
    {
        _piece.Dispose();
        _selected.Dispose();
    }

    /// <summary>Ascending offsets of a list that lie in one batch.</summary>
    private sealed class OffsetRun(IRecordSelector wanted) : IRecordSelector
    {
        private List<long> _offsets = [];
        private int _at;

        /// <summary>Position in the list behind the run.</summary>
        public int End { get; set; }

        public void Begin(List<long> offsets, int at, Offset last)
        {
            _offsets = offsets;
            _at = at;
            End = at + 1;
            while (End < offsets.Count && offsets[End] > offsets[End - 1] && offsets[End] <= last.Value)
                End++;
        }

        public bool Wants(in Record record)
        {
            while (_at < End && _offsets[_at] < record.Offset.Value)
                _at++;
            return _at < End && _offsets[_at] == record.Offset.Value && wanted.Wants(record);
        }
    }
}
