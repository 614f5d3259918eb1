using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>What one log refuses while an append is applied is that log's affair: the node goes on.</summary>
public sealed class RefusedAppendTests
{
    [Fact]
    public async Task A_record_that_a_topic_which_takes_over_refuses_stays_where_it_was_appended()
    {
        await using var disk = await DiskNode.OpenAsync();
        Assert.True((await disk.Node.Topics.GetAsync(TestNode.Ns, TopicName.Durable)).Succeeded);
        await disk.CreateAsync("hello", EngineKind.Segment, static spec => spec with { MaxBatchBytes = 500 });
        Assert.Equal(ErrorCode.None, (await disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", new string('x', 1_000)))).Error);
        Assert.Equal(ErrorCode.None, (await disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", "small"))).Error);
        Assert.Equal(ErrorCode.None, (await disk.AppendAsync("hello", TestBatch.OfValues("hello.a", "next"))).Error);
        Assert.Equal("small next", await disk.ValuesAsync("hello"));
        Assert.True(disk.Node.Health.IsReady);
    }

    [Fact]
    public async Task A_condition_that_cannot_be_looked_up_refuses_its_append_alone()
    {
        await using var test = await TestNode.OpenAsync(null, null, new KeyBlindEngine());
        await test.CreateAsync(TestNode.Spec("box", "box.>") with { Engine = EngineKind.Segment });
        var refused = await test.AppendAsync("box", TestBatch.Of("box.a"), new AppendConditions { ExpectedLastOffsetForKey = Offset.None });
        Assert.Equal(ErrorCode.DiskFailure, refused.Error);
        Assert.Equal(0, (await test.AppendAsync("box", TestBatch.Of("box.a"))).BaseOffset.Value);
        Assert.True(test.Node.Health.IsReady);
    }

    /// <summary>Its logs cannot look up keys.</summary>
    private sealed class KeyBlindEngine : ILogEngine
    {
        private readonly PersistentMemoryEngine _inner = new();

        public EngineKind Kind => _inner.Kind;

        public bool IsPersistent => true;

        public IReadOnlyList<LogTrouble> Troubles => [];

        public EngineIo Io => default;

        public async ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default) =>
            new LogOver(await _inner.OpenAsync(id, options, cancellationToken)) { BeforeKeyIsLookedUp = static () => throw new StorageException(ErrorCode.DiskFailure, "the disk refuses") };

        public ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default) => _inner.DeleteAsync(id, cancellationToken);

        public bool Has(LogId id) => _inner.Has(id);

        public IReadOnlyList<LogId> List() => _inner.List();

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
