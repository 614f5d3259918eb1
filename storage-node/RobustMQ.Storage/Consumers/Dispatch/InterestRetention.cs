using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Consumers.Dispatch;

/// <summary>
/// Removes the records of one log that nobody needs any more: with work-queue retention what one consumer has done, with interest retention what every consumer that it concerned has done, and
/// what concerned none. Whether a record is needed is asked of the consumers when one of them has done it, so nothing is counted per record.
/// </summary>
internal sealed class InterestRetention(LogPartition partition, IReplicationGroup group)
{
    private const int DeletedAtOnceMax = 10_000;
    private const int PieceBytes = 1 << 20;
    private const int CandidateBytes = 64 << 10;

    private readonly Lock _lock = new();
    private List<long> _finished = [];
    private List<Offset> _unneeded = [];
    private LogDispatch _dispatch = null!;
    private long _emptyTo = -1;
    private bool _isRunning;
    private bool _mustSweep;

    public bool DecidesWhatStays => partition.Topic.Spec.Retention.Policy != RetentionPolicy.Limits;

    private bool IsInterest => partition.Topic.Spec.Retention.Policy == RetentionPolicy.Interest;

    private bool IsWorkQueue => partition.Topic.Spec.Retention.Policy == RetentionPolicy.WorkQueue;

    public void Begin(LogDispatch dispatch) => _dispatch = dispatch;

    /// <summary>A consumer has done a record.</summary>
    public void OnFinished(List<long> offsets)
    {
        lock (_lock)
        {
            _finished.AddRange(offsets);
            Run();
        }
    }

    /// <summary>A consumer has gone, or wants less.</summary>
    public void OnInterestLost()
    {
        if (IsInterest)
            Sweep();
    }

    /// <summary>Looks through everything: who has done what was not told record by record, or before a restart.</summary>
    public void Sweep()
    {
        if (!DecidesWhatStays)
            return;
        lock (_lock)
        {
            _mustSweep = true;
            Run();
        }
    }

    /// <summary>A record concerns nobody.</summary>
    public void OnUnwanted(long offset)
    {
        if (!IsInterest)
            return;
        lock (_lock)
            _unneeded.Add(new Offset(offset));
    }

    public void OnMatched(long matched, bool hasNoLinks)
    {
        if (!IsInterest)
            return;
        lock (_lock)
        {
            if (hasNoLinks)
                _emptyTo = matched;
            if (hasNoLinks || _unneeded.Count > 0)
                Run();
        }
    }

    private void Run()
    {
        if (_isRunning)
            return;
        _isRunning = true;
        _ = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<long> finished;
            List<Offset> unneeded;
            long emptyTo;
            bool mustSweep;
            lock (_lock)
            {
                (finished, _finished) = (_finished, []);
                (unneeded, _unneeded) = (_unneeded, []);
                (emptyTo, _emptyTo) = (_emptyTo, -1);
                (mustSweep, _mustSweep) = (_mustSweep, false);
                if ((finished.Count == 0 && unneeded.Count == 0 && emptyTo < 0 && !mustSweep) || partition.IsClosed)
                {
                    _isRunning = false;
                    return;
                }
            }
            try
            {
                await RemoveAsync(finished, unneeded, emptyTo, mustSweep).ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // The engine has reported it; the records stay until the next look.
            }
        }
    }

    private async ValueTask RemoveAsync(List<long> finished, List<Offset> unneeded, long emptyTo, bool mustSweep)
    {
        if (emptyTo > partition.Log.StartOffset.Value)
            await DeleteAsync(new Offset(emptyTo), []).ConfigureAwait(false);
        if (IsWorkQueue)
        {
            foreach (var offset in finished)
                unneeded.Add(new Offset(offset));
        }
        if (DecidesWhatStays && mustSweep)
        {
            await AddUnneededAsync(null, unneeded).ConfigureAwait(false);
        }
        else if (IsInterest && finished.Count > 0)
        {
            await AddUnneededAsync(finished, unneeded).ConfigureAwait(false);
        }
        foreach (var some in unneeded.Distinct().Order().Chunk(DeletedAtOnceMax))
            await DeleteAsync(null, some).ConfigureAwait(false);
    }

    /// <summary>Without a sync of its own, which publishers would wait behind: a start looks through everything again, and finds what a crash has brought back.</summary>
    private async ValueTask DeleteAsync(Offset? before, Offset[] offsets)
    {
        if (partition.IsPersistent)
            await group.ProposeOneHereAsync(new DeleteFromLog(partition.Log.Id, before, offsets, Durability.Written)).ConfigureAwait(false);
        else if (before is { } start)
            partition.DeleteBefore(start);
        else
            partition.Delete(offsets);
    }

    /// <summary>Adds those that are not needed, of some records or of all that were matched.</summary>
    private async ValueTask AddUnneededAsync(List<long>? candidates, List<Offset> unneeded)
    {
        candidates?.Sort();
        using var piece = new PooledBytes();
        using var opened = new OpenedBatch();
        var links = new List<LogLink>();
        var at = 0;
        var until = _dispatch.Matched;
        var from = candidates is null ? partition.Log.StartOffset.Value : candidates[0];
        while (from < until)
        {
            piece.Clear();
            from = Math.Max(from, partition.Log.StartOffset.Value);
            var read = await partition.Settled.ReadAsync(
                new LogRead { From = new Offset(from), Until = new Offset(until), MaxBytes = candidates is null ? PieceBytes : CandidateBytes }, piece).ConfigureAwait(false);
            if (read.Error == ErrorCode.OffsetOutOfRange && from < partition.Log.StartOffset.Value)
                continue;
            if (read.Error != ErrorCode.None || read.Bytes == 0)
                return;
            AddUnneeded(piece, opened, candidates, ref at, until, links, unneeded);
            from = read.Next.Value;
            if (candidates is null)
                continue;
            while (at < candidates.Count && candidates[at] < from)
                at++;
            if (at == candidates.Count)
                return;
            from = Math.Max(from, candidates[at]);
        }
    }

    private void AddUnneeded(
        PooledBytes piece, OpenedBatch opened, List<long>? candidates, ref int at, long until, List<LogLink> links, List<Offset> unneeded)
    {
        var walker = new BatchWalker(piece.Span);
        while (walker.MoveNext())
        {
            if (!opened.TryOpen(walker.Current))
                continue;
            var reader = opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                ref readonly var record = ref reader.Current;
                var offset = record.Offset.Value;
                if (offset >= until)
                    return;
                while (candidates is not null && at < candidates.Count && candidates[at] < offset)
                    at++;
                if (candidates is not null && (at == candidates.Count || candidates[at] != offset))
                    continue;
                if (!IsNeeded(record, offset, links))
                    unneeded.Add(record.Offset);
            }
        }
    }

    private bool IsNeeded(in Record record, long offset, List<LogLink> links)
    {
        links.Clear();
        _dispatch.FindLinks(record.KeyIsSubject ? record.Key : partition.TopicSubject, offset, links);
        var done = 0;
        foreach (var link in links)
            done += link.Consumer.IsDone(link.Progress, offset, StorageHeaders.LaneOf(record)) ? 1 : 0;
        return IsWorkQueue ? done == 0 : done < links.Count;
    }
}
