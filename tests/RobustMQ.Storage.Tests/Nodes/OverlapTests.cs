using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>What a group does while a device takes its time.</summary>
public sealed class OverlapTests : IStateMachine, IAsyncLifetime
{
    private static readonly AppendToLog Append = new(new LogId(Guid.Empty, 0), default, default, null, 0);

    private readonly ConcurrentQueue<TaskCompletionSource<FlushOutcome>> _flushes = new();
    private readonly SemaphoreSlim _flushBegan = new(0);
    private LocalGroup _group = null!;
    private int _applied;

    public Task InitializeAsync()
    {
        _group = new LocalGroup(this, new MemoryMetadataStore(), new Epoch(1), 0, NullLogger.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _group.DisposeAsync();

    [Fact]
    public async Task Appends_are_applied_during_a_sync_and_answered_in_their_order()
    {
        var first = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        var second = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        Assert.Equal(2, Volatile.Read(ref _applied));
        _flushes.TryDequeue(out var firstFlush);
        _flushes.TryDequeue(out var secondFlush);
        secondFlush!.SetResult(default);
        Assert.False(second.IsCompleted, "what came before it may yet fail");
        firstFlush!.SetResult(default);
        Assert.Equal(ErrorCode.None, (await first).Error);
        Assert.Equal(ErrorCode.None, (await second).Error);
    }

    [Fact]
    public async Task What_is_no_append_waits_for_all_before_it()
    {
        var first = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        var other = _group.ProposeOneAsync(new RetainLog(Append.Log, 0));
        var behind = _group.ProposeOneAsync(Append);
        Assert.Equal(1, Volatile.Read(ref _applied));
        _flushes.TryDequeue(out var flush);
        flush!.SetResult(default);
        await first;
        // One round or two.
        for (var rest = Task.WhenAll(other, behind); !rest.IsCompleted; await Task.WhenAny(rest, _flushBegan.WaitAsync()))
        {
            while (_flushes.TryDequeue(out flush))
                flush.SetResult(default);
        }
        await Task.WhenAll(other, behind);
        Assert.Equal(3, _applied);
    }

    [Fact]
    public async Task A_log_whose_sync_fails_is_told_in_its_own_round_only()
    {
        var first = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        var second = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        _flushes.TryDequeue(out var flush);
        flush!.SetResult(new FlushOutcome([Append.Log], false));
        _flushes.TryDequeue(out flush);
        flush!.SetResult(default);
        Assert.Equal(ErrorCode.UnknownOutcome, (await first).Error);
        Assert.Equal(ErrorCode.None, (await second).Error);
    }

    [Fact]
    public async Task After_a_failure_that_nobody_expected_nothing_more_is_taken()
    {
        var first = _group.ProposeOneAsync(Append);
        await _flushBegan.WaitAsync();
        _flushes.TryDequeue(out var flush);
        flush!.SetException(new InvalidOperationException("unexpected"));
        Assert.Equal(ErrorCode.UnknownOutcome, (await first).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await _group.ProposeOneAsync(Append)).Error);
        Assert.NotNull(_group.Failure);
    }

    OperationResult IStateMachine.Apply(Operation operation, long index, Epoch epoch, MetadataChanges changes)
    {
        Interlocked.Increment(ref _applied);
        return new OperationResult(ErrorCode.None);
    }

    async ValueTask<FlushOutcome> IStateMachine.FlushAsync(Task<bool> before, SyncTurn turn)
    {
        // Whoever ends it runs what comes next, up to where that waits again.
        var flush = new TaskCompletionSource<FlushOutcome>();
        _flushes.Enqueue(flush);
        _flushBegan.Release();
        return await flush.Task;
    }

    OperationResult IStateMachine.Settle(Operation operation, OperationResult applied, FlushOutcome outcome) =>
        outcome.Lost(Append.Log) ? new OperationResult(ErrorCode.UnknownOutcome) : applied;

    void IStateMachine.Announce(Operation operation, in OperationResult result)
    {
    }

    void IStateMachine.Publish()
    {
    }
}
