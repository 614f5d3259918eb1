using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>A log at rest that two want at the same moment: each would write over what the other appends if it were opened for both.</summary>
public sealed class OpenOnceTests
{
    private static readonly Topic Box = new(TestNode.Spec("box", "box.>") with { Namespace = TestNode.Ns, Engine = EngineKind.RocksDb, Partitions = 1, MaxBatchBytes = 1 << 20 }, Guid.NewGuid(), 1, 0);

    [Fact]
    public async Task A_log_that_is_asked_for_while_its_topic_changes_is_opened_once()
    {
        var engine = new WatchedEngine();
        await using var table = new LogTable(new Dictionary<EngineKind, ILogEngine> { [EngineKind.RocksDb] = engine }, new StorageOptions(), new ManualTime());
        table.Announce(Box, before: null);
        LogPartition? asked = null;
        var asking = new Thread(() => table.TryGet(new LogId(Box.Id, 0), out asked)) { IsBackground = true };
        engine.OnFirstOpen = () =>
        {
            asking.Start();
            SpinWait.SpinUntil(() => !asking.IsAlive || asking.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        };
        var opened = Assert.Single(await table.OpenAsync(Box));
        asking.Join();
        Assert.Equal(1, engine.Opened);
        Assert.Same(opened, asked);
    }

    [Fact]
    public async Task A_log_that_is_asked_for_while_its_topic_changes_is_as_the_topic_is_now()
    {
        var engine = new WatchedEngine();
        await using var table = new LogTable(new Dictionary<EngineKind, ILogEngine> { [EngineKind.RocksDb] = engine }, new StorageOptions(), new ManualTime());
        table.Announce(Box, before: null);
        var changed = Box with { Spec = Box.Spec with { MaxBatchBytes = 1_000 } };
        var changing = new Thread(() => table.Announce(changed, Box)) { IsBackground = true };
        engine.OnFirstOpen = () =>
        {
            changing.Start();
            SpinWait.SpinUntil(() => !changing.IsAlive || changing.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        };
        Assert.True(table.TryGet(new LogId(Box.Id, 0), out var partition));
        changing.Join();
        Assert.Same(changed, partition.Topic);
    }

    /// <summary>Opens logs on demand, and lets something happen while it opens the first.</summary>
    private sealed class WatchedEngine : ILogEngine, IDueLogs
    {
        private readonly MemoryLogEngine _inner = new();
        private int _opened;

        public Action? OnFirstOpen { get; set; }

        public int Opened => Volatile.Read(ref _opened);

        public EngineKind Kind => EngineKind.RocksDb;

        public bool IsPersistent => true;

        public IReadOnlyList<LogTrouble> Troubles => [];

        public EngineIo Io => default;

        public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Increment(ref _opened) == 1)
                OnFirstOpen?.Invoke();
            return _inner.OpenAsync(id, options, cancellationToken);
        }

        public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default) => _inner.DeleteAsync(id, cancellationToken);

        public bool Has(LogId id) => _inner.Has(id);

        public IReadOnlyList<LogId> List() => _inner.List();

        public void FindDue(long nowMs, int countMax, List<LogId> due)
        {
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
