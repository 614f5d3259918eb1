using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Consumers.Offsets;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Replication;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>What is stored when a round of the journal fails and the next one does not.</summary>
public sealed class JournalFailureTests : IReplicationGroup, IAsyncLifetime
{
    private static readonly TopicPartition Log = TestNode.Log("t");

    private readonly ManualTime _time = new();
    private readonly SemaphoreSlim _reached = new(0);
    private LogTable _logs = null!;
    private ConsumerJournal _journal = null!;
    private OffsetGroups _groups = null!;
    private TaskCompletionSource? _failing;

    Epoch IReplicationGroup.Epoch => new(1);

    long IReplicationGroup.AppliedIndex => 0;

    Exception? IReplicationGroup.Failure => null;

    public async Task InitializeAsync()
    {
        var engines = new Dictionary<EngineKind, ILogEngine> { [EngineKind.Segment] = new PersistentMemoryEngine() };
        _logs = new LogTable(engines, new StorageOptions(), _time);
        _journal = await ConsumerJournal.OpenAsync(_logs, engines, this, _time);
        _journal.Start([]);
        _groups = new OffsetGroups(_journal, new StorageOptions(), _time, []);
    }

    public async Task DisposeAsync()
    {
        await _journal.DisposeAsync();
        _reached.Dispose();
    }

    [Fact]
    public async Task An_owner_that_is_gone_is_gone_though_that_could_not_be_stored_at_first()
    {
        Assert.Equal(ErrorCode.None, await CommitAsync(1));
        await FailAsync(DeleteAsync);

        // Whoever stores something next stores that too.
        Assert.Equal(ErrorCode.None, await CommitAsync(5, "other"));

        Assert.Equal([JournalForm.Snapshot, JournalForm.Gone], await StoredAsync("g"));
    }

    [Fact]
    public async Task Its_successor_of_the_same_name_is_written_behind_it()
    {
        Assert.Equal(ErrorCode.None, await CommitAsync(1));
        ValueTask<ErrorCode> successor = default;
        await FailAsync(DeleteAsync, meanwhile: () => successor = CommitAsync(2));

        Assert.Equal(ErrorCode.None, await successor);

        Assert.Equal([JournalForm.Snapshot, JournalForm.Gone, JournalForm.Snapshot], await StoredAsync("g"));
    }

    [Fact]
    public async Task What_was_stored_is_not_stored_again()
    {
        Assert.Equal(ErrorCode.None, await CommitAsync(1));
        Assert.Equal(ErrorCode.None, await DeleteAsync());
        Assert.Equal(ErrorCode.None, await CommitAsync(2));
        await FailAsync(() => CommitAsync(5, "other"));
        Assert.Equal(ErrorCode.None, await CommitAsync(6, "other"));

        Assert.Equal([JournalForm.Snapshot, JournalForm.Gone, JournalForm.Snapshot], await StoredAsync("g"));
        Assert.Equal([JournalForm.Snapshot], await StoredAsync("other"));
    }

    async Task<OperationResult[]> IReplicationGroup.ProposeAsync(params Operation[] operations)
    {
        if (_failing is { } failing)
        {
            _reached.Release();
            await failing.Task;
            return [.. operations.Select(static _ => new OperationResult(ErrorCode.DiskFailure))];
        }
        return [.. operations.Select(Apply)];
    }

    Task<OperationResult[]> IReplicationGroup.ProposeHereAsync(params Operation[] operations) => ((IReplicationGroup)this).ProposeAsync(operations);

    ValueTask IAsyncDisposable.DisposeAsync() => default;

    private ValueTask<ErrorCode> CommitAsync(long offset, string group = "g") =>
        _groups.CommitAsync(new OffsetCommit { Namespace = TestNode.Ns, Group = group, Offsets = [new GroupOffset(Log, new Offset(offset), Epoch.None)] });

    private ValueTask<ErrorCode> DeleteAsync() => _groups.DeleteAsync(TestNode.Ns, "g", []);

    /// <summary>The round that stores this fails.</summary>
    /// <param name="meanwhile">While it does.</param>
    private async Task FailAsync(Func<ValueTask<ErrorCode>> change, Action? meanwhile = null)
    {
        var failing = _failing = new TaskCompletionSource();
        var changed = change();
        await _reached.WaitAsync();
        meanwhile?.Invoke();
        _failing = null;
        failing.SetResult();
        Assert.Equal(ErrorCode.DiskFailure, await changed);
    }

    private OperationResult Apply(Operation operation)
    {
        var append = (AppendToLog)operation;
        var log = _logs.FindOpen(append.Log)!.Log;
        return new OperationResult(ErrorCode.None, new AppendResult { BaseOffset = log.Append(append.Batch.Span, new Epoch(1), 0) });
    }

    private async Task<List<JournalForm>> StoredAsync(string group)
    {
        var forms = new List<JournalForm>();
        var key = JournalKeys.OfGroup(TestNode.Ns, group);
        await _journal.LoadAsync((_, owner, form, _) =>
        {
            if (owner.SequenceEqual(key))
                forms.Add(form);
        });
        return forms;
    }
}
