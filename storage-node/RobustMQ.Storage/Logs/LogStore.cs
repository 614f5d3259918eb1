using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Live;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Logs.Reads;
using RobustMQ.Storage.Logs.Transactions;
using RobustMQ.Storage.Nodes;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Logs as callers see them: appending, reading, offsets, deleting. Outcomes are <see cref="ErrorCode"/>s. All calls may be made from any thread; appends of one thread to
/// one log keep their order.
/// </summary>
public sealed class LogStore : IAppendListener
{
    /// <summary>Of records that are looked up to be removed, at once.</summary>
    private const int FindBytes = 1 << 20;

    private readonly LogTable _logs;
    private readonly TopicCatalog _topics;
    private readonly LiveHub _live;
    private readonly IReplicationGroup _group;
    private readonly DelayLoop? _delays;
    private readonly StorageMetrics _metrics;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly AbsentAppends _absent;
    private volatile bool _drains;

    internal LogStore(
        LogTable logs, TopicCatalog topics, LiveHub live, IReplicationGroup group, DelayLoop? delays, StorageMetrics metrics, StorageOptions options, TimeProvider time)
    {
        _logs = logs;
        _topics = topics;
        _live = live;
        _group = group;
        _delays = delays;
        _metrics = metrics;
        _options = options;
        _time = time;
        _absent = new AbsentAppends(FindAsync, (partition, request) => AppendTo(partition, request), _logs.WhyNot);
    }

    /// <summary>
    /// Validates a batch, appends it in its log's order and hands its live copies on. <see cref="Durability.TopicDefault"/> is the topic's own level; an explicit level
    /// beyond what the topic's engine can give is refused with <see cref="ErrorCode.Unsupported"/> rather than answered as if it were given. Records that are not due yet wait, durably whatever
    /// the level, on nodes that keep data (<see cref="AppendResult.IsDelayed"/>); others refuse them with the same error. The first append to
    /// <see cref="TopicName.Live"/> brings its namespace into being. On the memory engine the answer is there at once and nothing is allocated.
    /// </summary>
    /// <returns>The bytes of the batch are the caller's again when this completes.</returns>
    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default)
    {
        if (_drains)
            return Failed(ErrorCode.Unavailable);
        if (cancellationToken.IsCancellationRequested)
            return Failed(ErrorCode.Cancelled);
        if (request.Routing.LiveOnly)
            return new ValueTask<AppendResult>(DeliverOnly(request));
        if (!_absent.IsEmpty && _absent.TryFollow(request, out var following))
            return following;
        return _logs.TryGet(request.Log, out var partition) ? AppendTo(partition, request) : _absent.Add(request);
    }

    /// <summary>Reads batches, and waits for them as <see cref="ReadRequest.MaxWait"/> says. The caller disposes the result.</summary>
    public async ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default)
    {
        try
        {
            while (await FindAsync(request.Log).ConfigureAwait(false) is { } partition)
            {
                if (_drains)
                    return ReadResult.Failed(ErrorCode.Unavailable);
                var result = await new LogReader(partition, request, _options, _time).ReadAsync(cancellationToken).ConfigureAwait(false);
                // A log that was closed because nobody used it is opened again.
                if (result.Error == ErrorCode.NotFound && partition.IsRetired && !_drains)
                    continue;
                _metrics.Read(result.Batches.Span);
                return result.Error == ErrorCode.NotFound && _drains ? ReadResult.Failed(ErrorCode.Unavailable) : result;
            }
            return ReadResult.Failed(_logs.WhyNot(request.Log));
        }
        catch (OperationCanceledException)
        {
            return ReadResult.Failed(ErrorCode.Cancelled);
        }
        catch (StorageException error)
        {
            return ReadResult.Failed(error.Code);
        }
    }

    /// <summary>Reads many logs, and waits for them as <see cref="ReadManyRequest.MaxWait"/> says. The caller disposes the result.</summary>
    public async ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default)
    {
        var results = new ManyReadList(request.Logs.Count);
        var error = await ReadManyAsync(request, results, cancellationToken).ConfigureAwait(false);
        if (error == ErrorCode.None)
            return results.ToResult();
        results.Dispose();
        return ReadManyResult.Failed(error, request.Logs.Count);
    }

    /// <summary>As above, giving each log's result on as soon as it is there.</summary>
    /// <returns>What the read as a whole failed of: <paramref name="output"/> may have been given less than all then.</returns>
    public async ValueTask<ErrorCode> ReadManyAsync(ReadManyRequest request, IManyReadOutput output, CancellationToken cancellationToken = default)
    {
        if (_drains)
            return ErrorCode.Unavailable;
        if (request.MinBytes < 0 || request.MaxWait < TimeSpan.Zero)
            return ErrorCode.InvalidArgument;
        try
        {
            await new ManyReader(this, request, output, _options, _metrics, _time).ReadAsync(cancellationToken).ConfigureAwait(false);
            return ErrorCode.None;
        }
        catch (OperationCanceledException)
        {
            return ErrorCode.Cancelled;
        }
    }

    /// <param name="timeMs">Also look up the first offset at or after this Unix time; -1: no.</param>
    /// <param name="isolation">What counts as the end.</param>
    public async ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(log).ConfigureAwait(false) is not { } partition)
            return new LogOffsets { Error = _logs.WhyNot(log), Start = Offset.None, End = Offset.None, AtTime = Offset.None, AtTimeTimestampMs = -1 };
        var view = isolation == ReadIsolation.Stored ? partition.Log : partition.Settled;
        var error = ErrorCode.None;
        var atTime = (Offset.None, -1L);
        try
        {
            if (timeMs >= 0)
                atTime = await view.FindTimeAsync(timeMs, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException damage)
        {
            error = damage.Code;
        }
        return new LogOffsets
        {
            Error = error,
            Start = partition.Log.StartOffset,
            End = view.EndOffset,
            AtTime = atTime.Item1,
            AtTimeTimestampMs = atTime.Item2,
            SizeBytes = partition.Log.SizeBytes,
            RecordCount = partition.Log.RecordCount,
            LeaderEpoch = _group.Epoch,
        };
    }

    public async ValueTask<LogProducers> ListProducersAsync(TopicPartition log) =>
        await FindAsync(log).ConfigureAwait(false) is { } partition ? new LogProducers(ErrorCode.None, partition.ListProducers()) : LogProducers.Failed(_logs.WhyNot(log));

    /// <summary>Removes records in exactly one of the three ways that a request can name.</summary>
    public async ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default)
    {
        if (!IsOneWay(request))
            return new DeleteResult(ErrorCode.InvalidArgument, Offset.None, 0);
        if (await FindAsync(request.Log).ConfigureAwait(false) is not { } partition)
            return new DeleteResult(_logs.WhyNot(request.Log), Offset.None, 0);
        if (_drains)
            return new DeleteResult(ErrorCode.Unavailable, Offset.None, 0);
        if (request.BeforeOffset is { } before)
            return await ChangeAsync(partition, before, []).ConfigureAwait(false);
        var offsets = request.Filter is null ? request.Offsets : await FindOffsetsAsync(partition, request).ConfigureAwait(false);
        return await ChangeAsync(partition, null, offsets).ConfigureAwait(false);
    }

    internal bool IsDraining => _drains;

    internal void Drain() => _drains = true;

    internal ErrorCode WhyNot(TopicPartition log) => _logs.WhyNot(log);

    private static bool IsOneWay(DeleteRequest request)
    {
        var ways = (request.BeforeOffset is null ? 0 : 1) + (request.Offsets.Count > 0 ? 1 : 0) + (request.Filter is null ? 0 : 1);
        return ways == 1 && request.Keep >= 0 && (request.Keep == 0 || request.Filter is not null);
    }

    private static ValueTask<AppendResult> Failed(ErrorCode error) => new(AppendResult.Failed(error));

    private static ErrorCode Validate(in AppendRequest request, int bytesMax)
    {
        var batch = request.Batch.Span;
        if (request.IsOwnEncoding)
            return batch.Length <= bytesMax ? ErrorCode.None : ErrorCode.TooLarge;
        var error = RecordBatchValidator.CheckFrame(batch, bytesMax);
        return error == ErrorCode.None && new RecordBatchHeader(batch).Compression == Compression.None
            ? RecordBatchValidator.CheckRecords(batch)
            : error;
    }

    private ValueTask<AppendResult> AppendTo(LogPartition partition, in AppendRequest request)
    {
        var spec = partition.Topic.Spec;
        var batch = request.Batch.Span;
        var error = Validate(request, spec.MaxBatchBytes);
        if (error != ErrorCode.None)
            return Failed(error);
        if (!partition.IsPersistent && request.Durability > Durability.Accepted)
            return Failed(ErrorCode.Unsupported);
        if (partition.Dispatch is { } dispatch && dispatch.Refuses(batch))
            return Failed(ErrorCode.LimitExceeded);
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (DelaySplit.HasDelayed(batch, nowMs))
            return new RecordBatchHeader(batch).IsTransactional ? Failed(ErrorCode.Unsupported) : DelayAsync(partition, request, nowMs);
        if (partition.IsPersistent)
            return AppendThroughGroupAsync(partition, request, request.Durability == Durability.TopicDefault ? spec.Durability : request.Durability);

        var result = partition.Append(batch, request.Conditions, _group.Epoch, 0, nowMs);
        if (result.Succeeded && !result.IsDuplicate)
            Announce(partition, request.Batch, request.Routing, result.BaseOffset);
        return new ValueTask<AppendResult>(result);
    }

    private async ValueTask<AppendResult> AppendThroughGroupAsync(LogPartition partition, AppendRequest request, Durability durability)
    {
        var operation = new AppendToLog(
            partition.Log.Id, request.Batch, durability, request.Conditions, _time.GetUtcNow().ToUnixTimeMilliseconds())
        {
            Listener = this,
            Routing = request.Routing,
        };
        var outcome = await (request.MayBlock ? _group.ProposeOneHereAsync(operation) : _group.ProposeOneAsync(operation)).ConfigureAwait(false);
        if (outcome.Value is not AppendResult result)
            return AppendResult.Failed(outcome.Error);
        if (result.EndedSince is { } since && TransactionMarker.TryRead(request.Batch.Span, out var marker) && marker.IsCommit && partition.IsLiveTraffic)
        {
            var producerId = new RecordBatchHeader(request.Batch.Span).ProducerId;
            await CommittedTraffic.PublishAsync(partition, _live, producerId, since, result.BaseOffset, _group.Epoch).ConfigureAwait(false);
        }
        return result;
    }

    private async ValueTask<AppendResult> DelayAsync(LogPartition partition, AppendRequest request, long nowMs)
    {
        if (_delays is null)
            return AppendResult.Failed(_logs.WhyNothingWaits);
        var outcome = await _group.ProposeOneAsync(new DelayRecords(partition.Log.Id, request.Batch, request.Conditions, nowMs)).ConfigureAwait(false);
        if (outcome.Value is not AppendResult result)
            return AppendResult.Failed(outcome.Error);
        if (result is { IsDelayed: true, IsDuplicate: false })
            _delays.Wake();
        return result;
    }

    private AppendResult DeliverOnly(in AppendRequest request)
    {
        if (request.Log.Topic != TopicName.Live || request.Log.Partition != 0 || request.Conditions is not null)
            return AppendResult.Failed(ErrorCode.InvalidArgument);
        if (request.Durability > Durability.Accepted)
            return AppendResult.Failed(ErrorCode.Unsupported);
        var error = Validate(request, _options.BatchBytesMax);
        if (error != ErrorCode.None)
            return AppendResult.Failed(error);
        _live.Publish(request.Log, LiveSubject, request.Batch, Offset.None, _group.Epoch, request.Routing);
        return new AppendResult { BaseOffset = Offset.None, LogStartOffset = Offset.None, LeaderEpoch = _group.Epoch };
    }

    private static ReadOnlySpan<byte> LiveSubject => "_live"u8;

    void IAppendListener.OnAppended(LogPartition partition, AppendToLog append, Offset baseOffset) => Announce(partition, append.Batch, append.Routing, baseOffset);

    private void Announce(LogPartition partition, ReadOnlyMemory<byte> batch, in LiveRouting routing, Offset baseOffset)
    {
        _metrics.Appended(batch.Span);
        partition.Announce(batch.Span, baseOffset);
        // Of a transaction nothing is shown before it is committed.
        if (partition.IsLiveTraffic && !new RecordBatchHeader(batch.Span).IsTransactional)
            _live.Publish(partition.Name, partition.TopicSubject, batch, baseOffset, _group.Epoch, routing);
    }

    internal async ValueTask<LogPartition?> FindAsync(TopicPartition log)
    {
        if (_logs.TryGet(log, out var partition))
            return partition;
        if ((log.Topic != TopicName.Live && log.Topic != TopicName.Durable) || await _topics.EnsureNamespaceAsync(log.Namespace).ConfigureAwait(false) != ErrorCode.None)
            return null;
        return _logs.TryGet(log, out partition) ? partition : null;
    }

    private static async ValueTask<IReadOnlyList<Offset>> FindOffsetsAsync(LogPartition partition, DeleteRequest request)
    {
        var offsets = new List<Offset>();
        using var cursor = new SelectCursor(partition.Settled, new WantedRecords([request.Filter!.Value], partition.TopicSubject), partition.Log.StartOffset);
        using var found = new PooledBytes();
        while (!cursor.IsAtEnd)
        {
            found.Clear();
            if (await cursor.ReadAsync(found, FindBytes, 0, nowMs: 0).ConfigureAwait(false) != ErrorCode.None)
                break;
            AddOffsets(found.Span, offsets);
        }
        offsets.RemoveRange(Math.Max(0, offsets.Count - request.Keep), Math.Min(offsets.Count, request.Keep));
        return offsets;
    }

    private static void AddOffsets(ReadOnlySpan<byte> batches, List<Offset> offsets)
    {
        using var opened = new OpenedBatch();
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
        {
            if (!opened.TryOpen(walker.Current))
                continue;
            var reader = opened.Read(walker.Current);
            while (reader.MoveNext())
                offsets.Add(reader.Current.Offset);
        }
    }

    private async ValueTask<DeleteResult> ChangeAsync(LogPartition partition, Offset? before, IReadOnlyList<Offset> offsets)
    {
        var result = await DeleteFromAsync(partition, before, offsets).ConfigureAwait(false);
        if (result.DeletedRecords > 0)
            partition.Dispatch?.OnRemoved(areSingle: before is null);
        return result;
    }

    private async ValueTask<DeleteResult> DeleteFromAsync(LogPartition partition, Offset? before, IReadOnlyList<Offset> offsets)
    {
        if (!partition.IsPersistent)
            return before is { } offset ? partition.DeleteBefore(offset) : partition.Delete(offsets);
        var outcome = await _group.ProposeOneAsync(new DeleteFromLog(partition.Log.Id, before, offsets)).ConfigureAwait(false);
        return outcome.Value is DeleteResult result ? result : new DeleteResult(outcome.Error, Offset.None, 0);
    }
}
