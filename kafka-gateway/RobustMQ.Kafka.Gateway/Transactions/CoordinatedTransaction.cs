using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// A transactional id at its coordinator: one decision at a time, stored before it counts. When it is decided how a transaction ends, its logs and groups are told, without holding up who only asks.
/// </summary>
internal sealed class CoordinatedTransaction(Namespace ns, string id, int slot, TransactionLog log, TransactionMarkers markers, Func<int?> epoch, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private TransactionState? _state;
    private Offset _at = Offset.None;
    private Task _ending = Task.CompletedTask;
    private TransactionState? _endingOf;
    private bool _isLoaded;
    private long _usedAt = time.GetTimestamp();

    public Namespace Namespace => ns;

    public string Id => id;

    public int Slot => slot;

    /// <summary>As it was stored last. Null: nothing is known of it, or nothing yet.</summary>
    public TransactionState? State => Volatile.Read(ref _state);

    /// <summary>Completes when the transaction that was decided last has ended everywhere.</summary>
    public Task Ending => Volatile.Read(ref _ending);

    /// <summary>Nobody has used it for this long and nothing is open.</summary>
    public bool IsIdle(TimeSpan idle) => State is not { IsOpen: true } && time.GetElapsedTime(Volatile.Read(ref _usedAt)) > idle;

    /// <returns>What was decided, and the state with which that holds.</returns>
    public async ValueTask<(KafkaError Error, TransactionState? State)> DecideAsync(Func<TransactionState?, long, TransactionDecision> decide)
    {
        Volatile.Write(ref _usedAt, time.GetTimestamp());
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var error = await LoadAsync().ConfigureAwait(false);
            if (error != KafkaError.None)
                return (error, null);
            var decision = decide(_state, time.GetUtcNow().ToUnixTimeMilliseconds());
            if (decision.Next is not null)
                error = await StoreAsync(decision.Next).ConfigureAwait(false);
            return error != KafkaError.None ? (error, null) : (decision.Error, _state);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Time passes; what did not end for want of the storage-node is tried again.</summary>
    public async ValueTask TickAsync() =>
        await DecideAsync(static (present, nowMs) => present is not null && TransactionMachine.Tick(present, nowMs) is { } next ? next : KafkaError.None).ConfigureAwait(false);

    /// <summary>This gateway coordinates it no more: who comes next goes on from what is stored.</summary>
    public void Dispose() => _closed.Cancel();

    private async ValueTask<KafkaError> LoadAsync()
    {
        if (_closed.IsCancellationRequested || epoch() is null)
            return KafkaError.NotCoordinator;
        if (_isLoaded)
        {
            GoOnEnding();
            return KafkaError.None;
        }
        try
        {
            var (error, entry) = await log.ReadAsync(ns, slot, id).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return KafkaError.CoordinatorNotAvailable;
            (_at, _isLoaded) = (entry.At, true);
            Volatile.Write(ref _state, entry.State);
        }
        catch (StorageException)
        {
            return KafkaError.CoordinatorNotAvailable;
        }
        GoOnEnding();
        return KafkaError.None;
    }

    private async ValueTask<KafkaError> StoreAsync(TransactionState next)
    {
        var error = ErrorCode.Unavailable;
        try
        {
            var result = await log.WriteAsync(ns, slot, id, next, _at).ConfigureAwait(false);
            if (result.Succeeded)
            {
                _at = result.BaseOffset;
                Volatile.Write(ref _state, next);
                GoOnEnding();
                return KafkaError.None;
            }
            error = result.Error;
        }
        catch (StorageException failure)
        {
            error = failure.Code;
        }
        // Stored or not: the next decision is made on what is there.
        _isLoaded = false;
        return error == ErrorCode.OffsetMismatch ? KafkaError.NotCoordinator : KafkaError.CoordinatorNotAvailable;
    }

    /// <summary>What was decided is carried out, behind what was decided before; again where that stopped, as when the slot's lease ran out on the way and was renewed late.</summary>
    private void GoOnEnding()
    {
        if (_state is not { IsPrepared: true } prepared || (ReferenceEquals(prepared, _endingOf) && !_ending.IsCompleted))
            return;
        _endingOf = prepared;
        var before = _ending;
        Volatile.Write(ref _ending, Task.Run(() => EndAsync(before, prepared)));
    }

    private async Task EndAsync(Task before, TransactionState prepared)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (epoch() is { } coordinatorEpoch && await markers.WriteAsync(ns, id, prepared, coordinatorEpoch, _closed.Token).ConfigureAwait(false))
            await DecideAsync((present, nowMs) => ReferenceEquals(present, prepared) ? TransactionMachine.Complete(prepared, nowMs) : KafkaError.None).ConfigureAwait(false);
    }
}
