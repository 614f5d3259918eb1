using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>
/// Keeps consumers and offsets in a log of their own (decision 0013): snapshots, and between them what changed. Everything that waits is written together, durable once for all that ask for it; what
/// nobody waits for is only handed to the operating system, and goes to the device with the next sync of anybody, or after a while. An owner's old
/// records go when it has written a newer snapshot; when the log has grown to several times what is alive, the owners with the oldest snapshots write new ones.
/// </summary>
internal sealed class ConsumerJournal : IAsyncDisposable
{
    /// <summary>Id of the log: the journal is no topic that anybody could name.</summary>
    public static readonly Guid LogTopic = new("5f636f6e-7375-6d65-7273-000000000001");

    private const long Synced = long.MinValue;
    private const int BatchBytesTarget = 1 << 20;
    private const int BatchBytesMax = 256 << 20;
    private const int PieceBytes = 4 << 20;
    private const long GrowthMin = 16 << 20;
    private const int GrowthFactor = 4;
    private const int RewrittenOwnersMax = 256;
    private const long RewrittenBytesMax = 8 << 20;

    /// <summary>How long changes wait for company that nobody waits for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    /// <summary>How long changes that nobody waits for may be with the operating system only.</summary>
    private static readonly TimeSpan UnsyncedMax = TimeSpan.FromSeconds(1);

    private static readonly HashSet<IJournalOwner> Nobody = [];

    private readonly LogPartition? _log;
    private readonly IReplicationGroup _group;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _work = new(0);

    /// <summary>Held by the one round that is being stored.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Queue<(IJournalOwner Owner, long Offset, long AppendedBytes)> _snapshots = new();
    private readonly RecordBatchBuilder _batch = new();
    private List<IJournalOwner> _queued = [];

    /// <summary>Of the round before, empty. Whoever has the turn takes it.</summary>
    private List<IJournalOwner> _spare = [];
    private TaskCompletionSource<ErrorCode> _round = NewRound();
    private Durability _level = Durability.Written;

    /// <summary>When the oldest record was written that is not synced yet; <see cref="Synced"/>: there is none. Whoever has the turn changes it.</summary>
    private long _unsyncedSince = Synced;
    private TaskCompletionSource _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private long _appendedBytes;
    private long _liveBytes;
    private bool _stops;

    private ConsumerJournal(LogPartition? log, IReplicationGroup group, TimeProvider time, bool isUnreadable = false)
    {
        IsUnreadable = isUnreadable;
        Trouble = isUnreadable ? ErrorCode.DiskFailure : ErrorCode.None;
        _log = log;
        _group = group;
        _time = time;
    }

    /// <summary>What is stored is damaged: nobody knows what consumers there are, and nothing is stored.</summary>
    public bool IsUnreadable { get; }

    public long SizeBytes => _log?.Log.SizeBytes ?? 0;

    /// <summary>Error of the last round that failed; None where all is well.</summary>
    public ErrorCode Trouble { get; private set; }

    public static async ValueTask<ConsumerJournal> OpenAsync(
        LogTable logs, IReadOnlyDictionary<EngineKind, ILogEngine> engines, IReplicationGroup group, TimeProvider time)
    {
        if (Choose(engines.Values.Where(static engine => engine.IsPersistent).ToList()) is not { } engine)
            return new ConsumerJournal(null, group, time);
        var spec = new TopicSpec
        {
            Name = TopicName.Parse("_consumers"),
            Engine = engine.Kind,
            Partitions = 1,
            Durability = Durability.Durable,
            MaxBatchBytes = BatchBytesMax,
        };
        var partitions = await logs.OpenAsync(new Topic(spec, LogTopic, 0, 0)).ConfigureAwait(false);
        return new ConsumerJournal(partitions[0], group, time);
    }

    /// <summary>A new journal begins in segment files (decision 0019); one that is stored stays where it is.</summary>
    /// <exception cref="StorageException">It may be in an engine that cannot be read.</exception>
    private static ILogEngine? Choose(List<ILogEngine> engines)
    {
        var id = new LogId(LogTopic, 0);
        var preferred = engines.Find(static engine => engine.Kind == EngineKind.Segment);
        return preferred?.Has(id) == true ? preferred : engines.Find(engine => engine.Has(id)) ?? preferred ?? engines.Find(static _ => true);
    }

    /// <summary>In the place of one that cannot be read.</summary>
    public static ConsumerJournal Unreadable(IReplicationGroup group, TimeProvider time) => new(null, group, time, isUnreadable: true);

    /// <summary>Reads everything that is stored, in order.</summary>
    /// <exception cref="StorageException">It cannot be read; nothing was changed.</exception>
    public async ValueTask LoadAsync(JournalVisitor visit)
    {
        if (_log is null)
            return;
        using var piece = new PooledBytes();
        using var opened = new OpenedBatch();
        for (var from = _log.Log.StartOffset; from < _log.Log.EndOffset;)
        {
            piece.Clear();
            var read = await _log.Log.ReadAsync(new LogRead { From = from, MaxBytes = PieceBytes }, piece).ConfigureAwait(false);
            StorageException.ThrowIfError(read.Error, "read the consumers");
            Visit(piece.Span, from, opened, visit);
            if (read.Next <= from)
                return;
            from = read.Next;
        }
    }

    /// <summary>An owner that was loaded, and where its last snapshot is.</summary>
    public void Loaded(IJournalOwner owner, long snapshotOffset, int snapshotBytes)
    {
        owner.Notes.SnapshotOffset = snapshotOffset;
        owner.Notes.SnapshotBytes = snapshotBytes;
        _liveBytes += snapshotBytes;
    }

    public void Start(IEnumerable<IJournalOwner> loaded)
    {
        foreach (var owner in loaded.OrderBy(static owner => owner.Notes.SnapshotOffset))
            _snapshots.Enqueue((owner, owner.Notes.SnapshotOffset, 0));
        _appendedBytes = SizeBytes;
        _loop = IsUnreadable ? Task.CompletedTask : Task.Run(RunAsync);
    }

    /// <summary>Completes when everything that the owner has changed so far is stored.</summary>
    /// <param name="level"><see cref="Durability.Written"/>, or <see cref="Durability.Durable"/>.</param>
    /// <param name="mayBlock">The calling thread would only wait: where nobody else stores anything it does so itself.</param>
    public Task<ErrorCode> StoreAsync(IJournalOwner owner, Durability level = Durability.Durable, bool mayBlock = false)
    {
        if (IsUnreadable)
            return Task.FromResult(ErrorCode.DiskFailure);
        Task<ErrorCode> stored;
        lock (_lock)
        {
            if (_stops)
                return Task.FromResult(ErrorCode.Unavailable);
            Enqueue(owner);
            if (_level < level)
                _level = level;
            stored = _round.Task;
            if (!mayBlock || !_turn.Wait(0))
            {
                _urgent.TrySetResult();
                _work.Release();
                return stored;
            }
        }
        _ = StoreRoundAsync();
        return stored;
    }

    /// <summary>The owner has changed; nobody waits for that to be stored.</summary>
    public void Note(IJournalOwner owner)
    {
        lock (_lock)
        {
            if (owner.Notes.IsQueued || _stops || IsUnreadable)
                return;
            Enqueue(owner);
            _work.Release();
        }
    }

    /// <summary>Stores what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stops = true;
            _level = Durability.Durable;
            _urgent.TrySetResult();
        }
        _work.Release();
        await _loop.ConfigureAwait(false);
        _work.Dispose();
        _turn.Dispose();
        _batch.Dispose();
    }

    private static TaskCompletionSource<ErrorCode> NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Visit(ReadOnlySpan<byte> batches, Offset from, OpenedBatch opened, JournalVisitor visit)
    {
        var walker = new BatchWalker(batches);
        while (walker.MoveNext())
        {
            if (!opened.TryOpen(walker.Current))
                throw new StorageException(ErrorCode.CorruptBatch, "a batch of the consumers' log cannot be opened");
            var reader = opened.Read(walker.Current);
            while (reader.MoveNext())
            {
                if (reader.Current.Offset >= from)
                    Visit(reader.Current, visit);
            }
        }
    }

    /// <exception cref="StorageException">It is no record of the journal.</exception>
    public static void Visit(in Record record, JournalVisitor visit)
    {
        if (!record.HasValue)
            visit(record.Offset.Value, record.Key, JournalForm.Gone, default);
        else if (record.Value.IsEmpty || record.Value[0] is not ((byte)JournalForm.Snapshot or (byte)JournalForm.Ops))
            throw StateReader.Damaged();
        else
            visit(record.Offset.Value, record.Key, (JournalForm)record.Value[0], record.Value[1..]);
    }

    private void Enqueue(IJournalOwner owner)
    {
        if (owner.Notes.IsQueued)
            return;
        owner.Notes.IsQueued = true;
        _queued.Add(owner);
    }

    /// <summary>For a second attempt, which must come before what was queued meanwhile: of two owners with one key, the one that is gone is written first.</summary>
    private void EnqueueFirst(IEnumerable<IJournalOwner> owners)
    {
        var later = _queued;
        _queued = [];
        foreach (var owner in later)
            owner.Notes.IsQueued = false;
        foreach (var owner in owners)
        {
            owner.Notes.SnapshotOffset = -1;
            Enqueue(owner);
        }
        foreach (var owner in later)
            Enqueue(owner);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await WaitForWorkAsync().ConfigureAwait(false);
            while (_work.CurrentCount > 0)
                await _work.WaitAsync().ConfigureAwait(false);
            await WaitForCompanyAsync().ConfigureAwait(false);
            await _turn.WaitAsync().ConfigureAwait(false);
            if (await StoreRoundAsync().ConfigureAwait(false))
                return;
        }
    }

    /// <summary>Stores everything that is queued. The caller has the turn, which it gives back.</summary>
    /// <returns>It was the last round.</returns>
    private async Task<bool> StoreRoundAsync()
    {
        List<IJournalOwner> owners;
        TaskCompletionSource<ErrorCode> round;
        Durability level;
        bool stops;
        lock (_lock)
        {
            (owners, _queued) = (_queued, _spare);
            (round, _round) = (_round, NewRound());
            (level, _level) = (_level, Durability.Written);
            if (_urgent.Task.IsCompleted)
                _urgent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var owner in owners)
                owner.Notes.IsQueued = false;
            stops = _stops;
        }
        if (_unsyncedSince is not Synced and var since && _time.GetElapsedTime(since) >= UnsyncedMax)
            level = Durability.Durable;
        var error = await TryStoreAsync(owners, level).ConfigureAwait(false);
        owners.Clear();
        _spare = owners;
        Trouble = error;
        _turn.Release();
        round.TrySetResult(error);
        return stops;
    }

    private async ValueTask<ErrorCode> TryStoreAsync(List<IJournalOwner> owners, Durability level)
    {
        ErrorCode error;
        var rewritten = ChooseRewritten();
        try
        {
            error = await StoreAsync(owners, rewritten, level).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Whatever it was: the turn is given back, and what follows is tried.
            error = failure is StorageException refusal ? refusal.Code : ErrorCode.Internal;
        }
        if (error == ErrorCode.None)
            return error;
        // What they gave away is in no log: next time they write everything, and before anything is cut off that their last snapshot may be part of.
        _batch.Reset();
        lock (_lock)
            EnqueueFirst(owners.Concat(rewritten).Distinct());
        // In a while at the latest, as if it had been written.
        NoteWritten(Durability.Written);
        return error;
    }

    /// <summary>Completes when something is queued, or what is with the operating system only has been there for long.</summary>
    private async ValueTask WaitForWorkAsync()
    {
        var work = _work.WaitAsync();
        while (!work.IsCompleted && Interlocked.Read(ref _unsyncedSince) != Synced)
        {
            using var enough = new CancellationTokenSource();
            var late = Task.Delay(UnsyncedMax, _time, enough.Token);
            await Task.WhenAny(work, late).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            if (late.IsCompletedSuccessfully)
                _work.Release();
        }
        await work.ConfigureAwait(false);
    }

    private async ValueTask WaitForCompanyAsync()
    {
        Task urgent;
        lock (_lock)
            urgent = _urgent.Task;
        if (urgent.IsCompleted)
            return;
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(urgent, Task.Delay(Patience, _time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async ValueTask<ErrorCode> StoreAsync(List<IJournalOwner> owners, HashSet<IJournalOwner> rewritten, Durability level)
    {
        using var changes = new PooledBytes();
        var operations = new List<Operation>();
        var snapshots = new List<(IJournalOwner Owner, int Operation, int Index, int Bytes)>();
        var bytes = 0L;
        foreach (var owner in owners)
            Add(owner, wantsSnapshot: owner.Notes.SnapshotOffset < 0 || rewritten.Contains(owner));
        foreach (var owner in rewritten)
        {
            if (!owners.Contains(owner))
                Add(owner, wantsSnapshot: true);
        }
        Close();
        if (_log is null)
            return ErrorCode.None;
        if (operations.Count == 0)
        {
            if (level == Durability.Durable)
                await SyncAsync().ConfigureAwait(false);
            return ErrorCode.None;
        }
        var results = await _group.ProposeHereAsync([.. operations]).ConfigureAwait(false);
        foreach (var result in results)
        {
            if (result.Error != ErrorCode.None)
                return result.Error;
        }
        NoteWritten(level);
        _appendedBytes += bytes;
        foreach (var (owner, operation, index, size) in snapshots)
            NoteSnapshot(owner, ((AppendResult)results[operation].Value!).BaseOffset.Value + index, size);
        await CutAsync().ConfigureAwait(false);
        return ErrorCode.None;

        void Add(IJournalOwner owner, bool wantsSnapshot)
        {
            changes.Clear();
            changes.GetSpan(1)[0] = 0;
            changes.Advance(1);
            var form = owner.TakeChanges(changes, wantsSnapshot);
            if (form == JournalForm.Nothing || _log is null)
                return;
            if (form == JournalForm.Snapshot)
                snapshots.Add((owner, operations.Count, _batch.RecordCount, changes.Length));
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (form == JournalForm.Gone)
            {
                _batch.AppendNullable(now, default, owner.Key, null);
                _liveBytes -= owner.Notes.SnapshotBytes;
                owner.Notes.SnapshotBytes = 0;
                owner.Notes.SnapshotOffset = long.MaxValue;
            }
            else
            {
                changes.Span[0] = (byte)form;
                _batch.Append(now, default, owner.Key, changes.Span);
            }
            if (_batch.SizeBytes >= BatchBytesTarget)
                Close();
        }

        void Close()
        {
            if (_batch.IsEmpty)
                return;
            bytes += _batch.SizeBytes;
            operations.Add(new AppendToLog(
                _log!.Log.Id, _batch.Build(ProducerState.None).ToArray(), level, null, _time.GetUtcNow().ToUnixTimeMilliseconds()));
            _batch.Reset();
        }
    }

    /// <summary>Brings to the device what earlier rounds have written.</summary>
    /// <exception cref="StorageException">The device refused.</exception>
    private async ValueTask SyncAsync()
    {
        if (_unsyncedSince == Synced)
            return;
        await _log!.Log.FlushAsync(Durability.Durable).ConfigureAwait(false);
        NoteWritten(Durability.Durable);
    }

    private void NoteWritten(Durability level)
    {
        if (level == Durability.Durable)
        {
            Interlocked.Exchange(ref _unsyncedSince, Synced);
        }
        else if (_unsyncedSince == Synced)
        {
            Interlocked.Exchange(ref _unsyncedSince, _time.GetTimestamp());
            // The loop looks at the clock.
            _work.Release();
        }
    }

    /// <summary>The owners of the oldest snapshots, when the log is several times what is alive.</summary>
    private HashSet<IJournalOwner> ChooseRewritten()
    {
        SkipStale();
        if (_snapshots.Count == 0 || _appendedBytes - _snapshots.Peek().AppendedBytes <= Math.Max(GrowthMin, GrowthFactor * _liveBytes))
            return Nobody;
        var chosen = new HashSet<IJournalOwner>();
        var bytes = 0L;
        foreach (var (owner, offset, _) in _snapshots)
        {
            if (owner.Notes.SnapshotOffset != offset)
                continue;
            chosen.Add(owner);
            bytes += owner.Notes.SnapshotBytes;
            if (chosen.Count == RewrittenOwnersMax || bytes >= RewrittenBytesMax)
                break;
        }
        return chosen;
    }

    private void NoteSnapshot(IJournalOwner owner, long offset, int bytes)
    {
        _liveBytes += bytes - owner.Notes.SnapshotBytes;
        owner.Notes.SnapshotBytes = bytes;
        owner.Notes.SnapshotOffset = offset;
        _snapshots.Enqueue((owner, offset, _appendedBytes));
    }

    /// <summary>Everything before the oldest snapshot that still counts is superfluous.</summary>
    private async ValueTask CutAsync()
    {
        SkipStale();
        var start = _snapshots.TryPeek(out var oldest) ? new Offset(oldest.Offset) : _log!.Log.EndOffset;
        if (start - _log!.Log.StartOffset < 1024)
            return;
        // What takes the place of the records that go must not be lost when they are gone.
        await SyncAsync().ConfigureAwait(false);
        await _group.ProposeOneAsync(new DeleteFromLog(_log.Log.Id, start, [])).ConfigureAwait(false);
    }

    private void SkipStale()
    {
        while (_snapshots.TryPeek(out var oldest) && oldest.Owner.Notes.SnapshotOffset != oldest.Offset)
            _snapshots.Dequeue();
    }
}

internal delegate void JournalVisitor(long offset, ReadOnlySpan<byte> key, JournalForm form, ReadOnlySpan<byte> value);
