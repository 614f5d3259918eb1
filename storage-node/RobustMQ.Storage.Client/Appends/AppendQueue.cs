using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>
/// Every append that has no answer yet: what waits, what is on the stream, what must be repeated. Decides and remembers; it neither reads nor writes a socket and owns no timer.
/// All calls may be made from any thread; <see cref="TryTake"/> and <see cref="Written"/> from one at a time (the stream's writer).
/// </summary>
internal sealed class AppendQueue
{
    /// <summary>Appends of one message at most, whatever their size.</summary>
    private const int MessageAppendsMax = 4096;

    /// <summary>Logs that are remembered though nothing of them is under way, some 500 bytes each.</summary>
    private const int RestingLanesMax = 8192;

    private readonly StorageClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicPartition, AppendLane> _lanes = [];
    private readonly StreamWindow _onStream;
    private readonly Queue<AppendLane> _ready = [];
    private readonly AppendPool _pool;
    private readonly List<PendingAppend> _expired = [];
    private AppendLane? _lastLane;
    private ulong _lastId;
    private long _queuedBytes;
    private bool _isConnected;
    private bool _isDown;
    private bool _isClosed;
    private ProducerState _producer = ProducerState.None;
    private int _nodeGeneration;
    private int _lanesMax = RestingLanesMax;

    public AppendQueue(StorageClientOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _onStream = new StreamWindow(_options.AppendWindowBytes);
        _pool = new AppendPool(this);
    }

    /// <summary>Set when there may be something to take.</summary>
    public AsyncSignal Work { get; } = new();

    /// <summary>Called under the lock with a lane that only <see cref="Resume"/> can set right; must do no more than start that.</summary>
    public Action<AppendLane>? RepairNeeded { get; set; }

    public ValueTask<AppendResult> Enqueue(in AppendRequest request, CancellationToken cancellationToken)
    {
        if (Refuse(request, cancellationToken) is var refusal && refusal != ErrorCode.None)
            return new ValueTask<AppendResult>(AppendResult.Failed(refusal));
        PendingAppend append;
        short version;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(GrpcStorageClient));
            if (_isDown)
                return new ValueTask<AppendResult>(AppendResult.Failed(ErrorCode.Unavailable));
            if (_queuedBytes > 0 && _queuedBytes + request.Batch.Length > _options.AppendQueueBytes)
                return new ValueTask<AppendResult>(AppendResult.Failed(ErrorCode.LimitExceeded));
            append = Add(request);
            version = append.Version;
            if (cancellationToken.CanBeCanceled)
                append.Cancellation = cancellationToken.UnsafeRegister(static state => ((PendingAppend)state!).Withdraw(), append);
        }
        Work.Set();
        return new ValueTask<AppendResult>(append, version);
    }

    /// <summary>Moves appends to the stream: up to a message's size, within the window. The caller seals, sends, and tells <see cref="Written"/>.</summary>
    public bool TryTake(List<PendingAppend> taken)
    {
        lock (_lock)
        {
            var bytes = 0L;
            while (_isConnected && _ready.TryPeek(out var lane))
            {
                if (!lane.CanSend(_options.AppendsPerLogMax))
                {
                    _ready.Dequeue();
                    lane.IsReady = false;
                    continue;
                }
                var append = lane.NextToSend!;
                if (!_onStream.HasRoomFor(append))
                    break;
                if (taken.Count > 0 && (bytes + append.SizeBytes > _options.AppendMessageBytes || taken.Count >= MessageAppendsMax))
                {
                    _ready.Enqueue(_ready.Dequeue());
                    break;
                }
                bytes += append.SizeBytes;
                Take(lane, append);
                taken.Add(append);
            }
        }
        return taken.Count > 0;
    }

    /// <summary>The bytes of these appends are on their way and no longer looked at.</summary>
    public void Written(List<PendingAppend> taken)
    {
        lock (_lock)
        {
            foreach (var append in taken)
            {
                append.IsBeingWritten = false;
                if (append.List is null)
                    _pool.Recycle(append);
                else if (append.EndAfterWrite != ErrorCode.None)
                    Withdraw(append);
            }
        }
    }

    /// <summary>An answer from the present stream.</summary>
    public void Answer(ulong id, in AppendResult result)
    {
        bool mayGoOn;
        lock (_lock)
        {
            if (_onStream.Find(id) is not { } append)
                return;
            _onStream.Remove(append);
            Judge(append, result);
            mayGoOn = _ready.Count > 0;
        }
        if (mayGoOn)
            Work.Set();
    }

    /// <summary>A stream stands.</summary>
    /// <param name="producer">This client's own, for logs that have none yet; none: the one that it has.</param>
    /// <param name="isNewNode">The node behind the address knows nothing of what was sent to the one before.</param>
    public void Connected(ProducerState producer, bool isNewNode)
    {
        lock (_lock)
        {
            _isConnected = true;
            _isDown = false;
            if (producer.ProducerId >= 0)
                _producer = producer;
            if (isNewNode)
                _nodeGeneration++;
            foreach (var lane in _lanes.Values)
            {
                lane.BeginStream();
                if (isNewNode)
                    lane.BeginAnew(_producer);
                Settle(lane);
            }
        }
        Work.Set();
    }

    /// <summary>The stream is gone and nobody reads or writes it. What may be repeated waits for the next one; the rest fails.</summary>
    public void Disconnected()
    {
        lock (_lock)
        {
            _isConnected = false;
            foreach (var lane in _lanes.Values)
            {
                while (lane.InFlight.Last is { } append)
                {
                    _onStream.Remove(append);
                    if (append.IsRepeatable)
                    {
                        append.State = AppendState.Unknown;
                        append.MayBeStored = true;
                        lane.Again.AddFirst(append);
                    }
                    else
                    {
                        _pool.Finish(append, AppendResult.Failed(ErrorCode.Unavailable));
                    }
                }
                Settle(lane);
            }
        }
    }

    /// <summary>There has been no connection for too long: what was never stored for certain fails, and so does what comes until <see cref="Connected"/>.</summary>
    public void GoDown()
    {
        lock (_lock)
        {
            _isDown = true;
            foreach (var lane in _lanes.Values)
            {
                FailAll(lane.Unsent, static _ => true, ErrorCode.Unavailable);
                FailAll(lane.Returned, static append => append.State == AppendState.Rejected, ErrorCode.Unavailable);
                Settle(lane);
            }
        }
    }

    /// <summary>Gives up what is too old: <see cref="ErrorCode.UnknownOutcome"/> where it may be stored, <see cref="ErrorCode.Unavailable"/> where it is not.</summary>
    public void Expire()
    {
        lock (_lock)
        {
            foreach (var lane in _lanes.Values)
            {
                if (!lane.HasPending)
                    continue;
                CollectExpired(lane.InFlight);
                CollectExpired(lane.Again);
                CollectExpired(lane.Returned);
                CollectExpired(lane.Unsent);
                foreach (var append in _expired)
                    GiveUp(append);
                if (_expired.Count > 0)
                    Settle(lane);
                _expired.Clear();
            }
        }
        Work.Set();
    }

    /// <summary>Whether a producer was brought.</summary>
    public bool HasProducer
    {
        get
        {
            lock (_lock)
                return _producer.ProducerId >= 0;
        }
    }

    /// <summary>Whether many logs more were appended to than are worth remembering: then <see cref="ForgetResting"/> is due, with a producer for this node.</summary>
    public bool HasManyLanes(out int nodeGeneration)
    {
        lock (_lock)
        {
            nodeGeneration = _nodeGeneration;
            return _isConnected && _lanes.Count > _lanesMax;
        }
    }

    /// <summary>Forgets the logs of which nothing is under way.</summary>
    /// <param name="producer">One that no log has seen: a log that is appended to again would take the numbers of the one before for repeats.</param>
    public void ForgetResting(ProducerState producer, int nodeGeneration)
    {
        lock (_lock)
        {
            if (nodeGeneration != _nodeGeneration)
                return;
            _producer = producer;
            foreach (var (log, lane) in _lanes)
            {
                if (lane is { HasPending: false, IsRepairing: false, IsReady: false })
                    _lanes.Remove(log);
            }
            _lastLane = null;
            _lanesMax = Math.Max(RestingLanesMax, 2 * _lanes.Count);
        }
    }

    /// <summary>What a repair of this lane must bring: whether it needs a producer, and for which node.</summary>
    public (bool NeedsProducer, int NodeGeneration) AskRepair(AppendLane lane)
    {
        lock (_lock)
            return (lane.NeedsProducer, _nodeGeneration);
    }

    /// <summary>Lets a lane try again.</summary>
    /// <param name="producer">A fresh one where it was asked for.</param>
    /// <returns>True when an append was accepted (or none is left), false when the lane was refused again, or needs a producer by now and was brought none.</returns>
    public Task<bool> Resume(AppendLane lane, ProducerState producer, int nodeGeneration)
    {
        Task<bool> trial;
        lock (_lock)
        {
            if (nodeGeneration != _nodeGeneration || !lane.IsDrained)
                return Task.FromResult(!lane.IsBlocked);
            // What was of unknown fate was given up while the repair was under way: its number may be taken, and whoever got it again would pass for a repeat.
            if (lane.NeedsProducer && producer.ProducerId < 0 && !lane.HasUnknown)
                return Task.FromResult(false);
            lane.NeedsPause = false;
            if (producer.ProducerId >= 0 && !lane.HasUnknown)
                lane.UseProducer(producer.ProducerId, producer.Epoch);
            lane.Trial = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            trial = lane.Trial.Task;
            lane.SendAgain();
            Settle(lane);
        }
        Work.Set();
        return trial;
    }

    public void RepairEnded(AppendLane lane)
    {
        lock (_lock)
        {
            lane.IsRepairing = false;
            lane.Trial = null;
            Settle(lane);
        }
        Work.Set();
    }

    /// <summary>Nothing is taken any more; what has no answer gets this one.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _isConnected = false;
            foreach (var lane in _lanes.Values)
            {
                FailAll(lane.Unsent, static _ => true, ErrorCode.Unavailable);
                FailAll(lane.Returned, static append => append.State == AppendState.Rejected, ErrorCode.Unavailable);
                FailAll(lane.Returned, static _ => true, ErrorCode.UnknownOutcome);
                FailAll(lane.Again, static append => append.State == AppendState.Rejected, ErrorCode.Unavailable);
                FailAll(lane.Again, static _ => true, ErrorCode.UnknownOutcome);
                lane.Trial?.TrySetResult(true);
            }
        }
    }

    internal void WithdrawByCaller(PendingAppend append)
    {
        lock (_lock)
        {
            if (append.IsCompleted || append.List is null)
                return;
            append.IsTainted = true;
            if (append.IsBeingWritten)
                append.EndAfterWrite = ErrorCode.Cancelled;
            else
                Withdraw(append);
        }
    }

    internal void Taken(PendingAppend append)
    {
        lock (_lock)
        {
            append.IsTaken = true;
            if (append.List is null)
                _pool.Recycle(append);
        }
    }

    private ErrorCode Refuse(in AppendRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ErrorCode.Cancelled;
        if (request.Batch.Length <= RecordBatchHeader.Size)
            return ErrorCode.CorruptBatch;
        if (request.Batch.Length > _options.MessageBytesMax - MessageOverheadMax)
            return ErrorCode.TooLarge;
        var header = new RecordBatchHeader(request.Batch.Span);
        return header.RecordCount > 0 ? ErrorCode.None : ErrorCode.CorruptBatch;
    }

    /// <summary>What a message says beside one batch: names, conditions, picks.</summary>
    private const int MessageOverheadMax = 32 << 10;

    private PendingAppend Add(in AppendRequest request)
    {
        var append = _pool.Rent();
        var header = new RecordBatchHeader(request.Batch.Span);
        append.Request = request;
        append.Id = ++_lastId;
        append.MadeAt = _time.GetTimestamp();
        append.State = AppendState.Unsent;
        append.RecordCount = header.RecordCount;
        append.IsRepeatable = !request.Routing.LiveOnly
            && (header.ProducerId >= 0 || request.Durability != Durability.Accepted || request.Conditions is not null);
        append.IsNumbered = append.IsRepeatable && header.ProducerId < 0;
        append.Lane = LaneOf(request.Log);
        append.Lane.Unsent.AddLast(append);
        _queuedBytes += append.SizeBytes;
        MakeReady(append.Lane);
        return append;
    }

    private AppendLane LaneOf(TopicPartition log)
    {
        if (_lastLane is { } last && last.Log == log)
            return last;
        if (!_lanes.TryGetValue(log, out var lane))
            _lanes.Add(log, lane = new AppendLane(log));
        return _lastLane = lane;
    }

    private void MakeReady(AppendLane lane)
    {
        if (lane.IsReady || !lane.CanSend(_options.AppendsPerLogMax))
            return;
        lane.IsReady = true;
        _ready.Enqueue(lane);
    }

    private void Take(AppendLane lane, PendingAppend append)
    {
        if (append.List == lane.Unsent)
        {
            _queuedBytes -= append.SizeBytes;
            if (append.IsNumbered)
            {
                if (lane.ProducerId < 0)
                    lane.UseProducer(_producer.ProducerId, _producer.Epoch);
                lane.TakeNumber(append);
            }
        }
        append.List!.Remove(append);
        append.IsBeingWritten = true;
        _onStream.Add(append);
    }

    private void Judge(PendingAppend append, in AppendResult result)
    {
        var lane = append.Lane;
        switch (AppendVerdicts.Of(append, result.Error))
        {
            case AppendVerdict.Stored:
                if (append.IsNumbered)
                    lane.Accepted(append);
                lane.EndTrial(true);
                _pool.Finish(append, AppendVerdicts.AsCallerSees(append, result));
                break;
            case AppendVerdict.Failed:
                lane.EndTrial(true);
                _pool.Finish(append, result);
                lane.IsBlocked |= append.IsNumbered;
                break;
            case AppendVerdict.Unknown:
                lane.NeedsPause = true;
                lane.Return(append, AppendState.Unknown);
                break;
            case AppendVerdict.NotNow:
                lane.NeedsPause = true;
                lane.Return(append, append.MayBeStored ? AppendState.Unknown : AppendState.Rejected);
                break;
            case AppendVerdict.WrongProducer:
                lane.NeedsProducer = true;
                lane.Return(append, AppendState.Rejected);
                break;
            case AppendVerdict.WrongNumber:
                lane.NeedsProducer |= lane.IsOnTrial;
                lane.Return(append, AppendState.Rejected);
                break;
        }
        Settle(lane);
    }

    /// <summary>Does what a lane's lists ask for: goes on, sets right, or asks for a repair.</summary>
    private void Settle(AppendLane lane)
    {
        if (lane.IsDrained)
        {
            lane.ResolveUnknown();
            if (lane.NeedsPause || (lane.NeedsProducer && !lane.HasUnknown))
                Repair(lane);
            else
                lane.SendAgain();
        }
        if (!lane.HasPending)
            lane.Trial?.TrySetResult(true);
        MakeReady(lane);
    }

    private void Repair(AppendLane lane)
    {
        if (lane.IsRepairing)
        {
            lane.Trial?.TrySetResult(false);
            return;
        }
        if (_isClosed)
            return;
        lane.IsRepairing = true;
        RepairNeeded?.Invoke(lane);
    }

    private void CollectExpired(AppendList appends)
    {
        for (var append = appends.First; append is not null; append = append.Next)
        {
            if (!append.IsBeingWritten && _time.GetElapsedTime(append.MadeAt) > _options.RetryTime)
                _expired.Add(append);
        }
    }

    private void GiveUp(PendingAppend append)
    {
        var mayBeStored = append.State is AppendState.InFlight or AppendState.Unknown;
        if (mayBeStored && append.IsNumbered)
            append.Lane.GivenUp(append);
        Detach(append);
        _pool.Finish(append, AppendResult.Failed(mayBeStored ? ErrorCode.UnknownOutcome : ErrorCode.Unavailable));
    }

    /// <summary>The caller no longer waits. What is numbered already lives on in its copy, so that no number is missing; the rest is forgotten.</summary>
    private void Withdraw(PendingAppend append)
    {
        if (append.HasCopy)
        {
            append.IsCompleted = true;
            append.Complete(AppendResult.Failed(ErrorCode.Cancelled));
            return;
        }
        Detach(append);
        _pool.Finish(append, AppendResult.Failed(ErrorCode.Cancelled));
        Settle(append.Lane);
    }

    private void FailAll(AppendList appends, Predicate<PendingAppend> which, ErrorCode error)
    {
        for (var append = appends.First; append is not null;)
        {
            var next = append.Next;
            if (which(append))
            {
                Detach(append);
                _pool.Finish(append, AppendResult.Failed(error));
            }
            append = next;
        }
    }

    private void Detach(PendingAppend append)
    {
        if (append.State == AppendState.InFlight)
        {
            _onStream.Remove(append);
            return;
        }
        if (append.List == append.Lane.Unsent)
            _queuedBytes -= append.SizeBytes;
        append.List!.Remove(append);
    }
}
