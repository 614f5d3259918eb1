using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs.Transactions;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Brings back what a persistent log's owner knew of it before a restart: from the last snapshot, and from the headers of the batches behind it, control batches among them. Message ids are not in the batches, so of those
/// only the snapshot's are known.
/// </summary>
internal sealed class PartitionMemory(ILog log, ProducerTable producers, MessageIdWindow ids, LogTransactions transactions)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Appended bytes after which a new snapshot is due: this much is read again after a crash.</summary>
    private const long SnapshotBytes = 16 << 20;

    private long _unsavedBytes;

    /// <summary>Behind the last batch that was taken in.</summary>
    private Offset _known;

    /// <summary>Batches are missing before that.</summary>
    private bool _misses;

    /// <summary>
    /// Batches that were removed since the last snapshot have told nobody of their producers: those that were known before may have gone on since, and what had begun may have ended.
    /// </summary>
    /// <param name="nowMs">
    /// When producers found in the log count as seen: their batches' own timestamps are the callers', and may lie decades back or ahead.
    /// </param>
    public async ValueTask RestoreAsync(long nowMs)
    {
        var from = log.StartOffset;
        _known = from;
        _misses = from > Offset.Zero;
        if (log.LoadSnapshot() is { } snapshot)
        {
            PartitionSnapshot.Read(snapshot.Bytes.Span, producers, ids, transactions);
            (_known, _misses) = (snapshot.End, false);
            if (snapshot.End < from)
                transactions.ForgetOpenBefore(from);
            from = snapshot.End > from ? snapshot.End : from;
        }
        using var piece = new PooledBytes();
        while (from < log.EndOffset)
        {
            piece.Clear();
            var read = await ReadAsync(from, piece).ConfigureAwait(false);
            if (read.Next <= from)
                break;
            Take(piece.Span, nowMs);
            from = read.Next;
            _unsavedBytes += piece.Length;
        }
        if (_known < log.EndOffset)
            producers.AllMayHaveGoneOn();
    }

    public void Appended(int bytes) => _unsavedBytes += bytes;

    /// <param name="atClose">Save whatever is new, so that the next start reads nothing.</param>
    public void Save(bool atClose)
    {
        if (_unsavedBytes == 0 || (!atClose && _unsavedBytes < SnapshotBytes))
            return;
        using var bytes = new PooledBytes();
        transactions.ForgetBefore(log.StartOffset);
        PartitionSnapshot.Write(producers, ids, transactions, bytes);
        log.SaveSnapshot(bytes.Span);
        _unsavedBytes = 0;
    }

    private async ValueTask<LogReadResult> ReadAsync(Offset from, PooledBytes piece)
    {
        try
        {
            return await log.ReadAsync(new LogRead { From = from, MaxBytes = PieceBytes }, piece).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            // Damaged, and reported by the engine: the producers of that batch are not known, the log goes on behind it.
            return new LogReadResult(ErrorCode.None, from + 1, 0);
        }
    }

    private void Take(ReadOnlySpan<byte> batches, long nowMs)
    {
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
        {
            var header = new RecordBatchHeader(walker.Current);
            if (header.BaseOffset > _known)
            {
                producers.AllMayHaveGoneOn();
                _misses = true;
            }
            _known = header.LastOffset + 1;
            if (TransactionMarker.TryRead(walker.Current, out var marker))
            {
                transactions.End(header.ProducerId, marker.IsCommit, header.BaseOffset);
                producers.Add(header, marker, header.BaseOffset, nowMs);
                continue;
            }
            producers.Load(header, header.BaseOffset, nowMs, mayHaveBegunBefore: _misses);
            if (header.IsTransactional && !transactions.IsOpen(header.ProducerId))
                transactions.Begin(header.ProducerId, header.BaseOffset);
        }
    }
}
