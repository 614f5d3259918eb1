using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>What a group does on the thread of a proposer that waits anyway, and what it leaves to others.</summary>
public sealed class GuestTests : IStateMachine, ISharedSync, IAsyncLifetime
{
    private static readonly AppendToLog Append = new(new LogId(Guid.Empty, 0), default, default, null, 0);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _applied = new(0);
    private LocalGroup _group = null!;
    private TaskCompletionSource? _gathering;
    private Action _meanwhile = static () => { };
    private bool _isSyncing;
    private int _guests;

    public Task InitializeAsync()
    {
        _group = new LocalGroup(this, new MemoryMetadataStore(), new Epoch(1), 0, NullLogger.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _group.DisposeAsync();

    [Fact]
    public async Task A_lone_proposer_applies_and_syncs_itself_and_does_not_wait()
    {
        var thread = -1;
        _meanwhile = () => thread = Environment.CurrentManagedThreadId;
        await OnThePool(() =>
        {
            for (var at = 0; at < 10; at++)
            {
                Assert.True(_group.ProposeOneHereAsync(Append).IsCompletedSuccessfully);
                Assert.Equal(Environment.CurrentManagedThreadId, thread);
            }
        });
        Assert.Equal(10, _guests);
    }

    [Fact]
    public async Task Others_are_applied_while_a_guest_syncs_and_synced_by_the_pool()
    {
        Task<OperationResult>[] others = [];
        _meanwhile = () =>
        {
            _meanwhile = static () => { };
            others = [_group.ProposeOneAsync(Append), _group.ProposeOneHereAsync(Append)];
            for (var at = 0; at < 3; at++)
                _applied.Wait();
            Assert.All(others, static other => Assert.False(other.IsCompleted));
        };
        await OnThePool(() => Assert.True(_group.ProposeOneHereAsync(Append).IsCompletedSuccessfully));
        foreach (var other in others)
            Assert.Equal(ErrorCode.None, (await other).Error);
        Assert.Equal(1, _guests);
    }

    [Fact]
    public async Task What_must_wait_for_a_guest_does_not_run_on_its_thread()
    {
        Task<OperationResult>? other = null;
        _meanwhile = () =>
        {
            _meanwhile = static () => { };
            other = _group.ProposeOneHereAsync(new RetainLog(Append.Log, 0));
        };
        await OnThePool(() => Assert.True(_group.ProposeOneHereAsync(Append).IsCompletedSuccessfully));
        Assert.Equal(ErrorCode.None, (await other!).Error);
    }

    [Fact]
    public async Task A_stop_finishes_what_was_proposed_here()
    {
        var proposed = _group.ProposeOneHereAsync(Append);
        await _group.DisposeAsync();
        Assert.Equal(ErrorCode.None, (await proposed).Error);
        Assert.Equal(ErrorCode.Unavailable, (await _group.ProposeOneHereAsync(Append)).Error);
    }

    /// <summary>Where nothing, the tests' own context of synchronisation least of all, keeps what follows a sync from going on where that ended.</summary>
    private static Task OnThePool(Action act) => Task.Run(act);

    OperationResult IStateMachine.Apply(Operation operation, long index, Epoch epoch, MetadataChanges changes)
    {
        _applied.Release();
        return new OperationResult(ErrorCode.None);
    }

    async ValueTask<FlushOutcome> IStateMachine.FlushAsync(Task<bool> before, SyncTurn turn)
    {
        Task round;
        lock (_lock)
        {
            round = (_gathering ??= new TaskCompletionSource()).Task;
            if (!_isSyncing)
                turn.Leave(this);
            _isSyncing = true;
        }
        await round.ConfigureAwait(false);
        return default;
    }

    OperationResult IStateMachine.Settle(Operation operation, OperationResult applied, FlushOutcome outcome) => applied;

    void IStateMachine.Announce(Operation operation, in OperationResult result)
    {
    }

    void IStateMachine.Publish()
    {
    }

    void ISharedSync.Run(bool isGuest)
    {
        if (isGuest)
            Interlocked.Increment(ref _guests);
        TaskCompletionSource? round;
        lock (_lock)
            (round, _gathering) = (_gathering, null);
        _meanwhile();
        round!.SetResult();
        bool goesOn;
        lock (_lock)
            goesOn = _isSyncing = _gathering is not null;
        if (goesOn)
            ((ISharedSync)this).RunElsewhere();
    }

    void ISharedSync.RunElsewhere() => ThreadPool.QueueUserWorkItem(_ => ((ISharedSync)this).Run(isGuest: false));
}
