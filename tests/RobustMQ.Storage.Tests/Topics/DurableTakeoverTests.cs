using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Topics;

/// <summary>A new topic begins with what <c>_durable</c> holds for its filters, whatever its engine, also over a restart.</summary>
public sealed class DurableTakeoverTests : IAsyncLifetime
{
    private DiskNode _disk = null!;

    public async Task InitializeAsync()
    {
        _disk = await DiskNode.OpenAsync();
        Assert.True((await _disk.Node.Topics.GetAsync(TestNode.Ns, TopicName.Durable)).Succeeded);
    }

    public async Task DisposeAsync() => await _disk.DisposeAsync();

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task What_durable_holds_comes_first_then_what_live_holds(EngineKind engine)
    {
        await _disk.AppendAsync("_live", TestBatch.OfValues("hello.world", "live 1"));
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.world", "durable 1"));
        await _disk.AppendAsync("_durable", TestBatch.OfValues("other", "not this one"));
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.moon", "durable 2"));
        await _disk.CreateAsync("hello", engine);
        Assert.Equal("durable 1 durable 2 live 1", await _disk.ValuesAsync("hello"));
    }

    [Fact]
    public async Task Publishers_that_do_not_know_the_topic_yet_lose_nothing()
    {
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", "1"));
        await _disk.CreateAsync("hello", EngineKind.Segment);
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", "2"));
        await _disk.AppendAsync("hello", TestBatch.OfValues("hello.a", "3"));
        Assert.Equal("1 2 3", await _disk.ValuesAsync("hello"));
    }

    [Fact]
    public async Task What_was_taken_over_stays_where_the_topic_is_opened_again()
    {
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", "1", "2"));
        await _disk.CreateAsync("hello", EngineKind.Segment);
        await _disk.RestartAsync();
        await _disk.AppendAsync("hello", TestBatch.OfValues("hello.a", "3"));
        Assert.Equal("1 2 3", await _disk.ValuesAsync("hello"));
    }

    [Theory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_topic_that_a_crash_left_half_filled_is_filled_again_without_doubles(EngineKind engine)
    {
        await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", "1", "2"));
        var topic = await _disk.CreateAsync("hello", engine);
        Assert.Equal("1 2", await _disk.ValuesAsync("hello"));
        await _disk.Node.DisposeAsync();
        // As a crash between the creation and the end of the takeover leaves it: the topic and part of its records are there, and the note that it is not complete.
        using (var metadata = RocksDbMetadataStore.Open(Path.Combine(_disk.Directory, "metadata")))
        {
            var changes = new MetadataChanges();
            changes.Put(MetadataKeys.Takeover(topic.Id), TakeoverRecord.Format(topic.Id));
            metadata.Commit(changes);
        }
        await _disk.RestartAsync();
        Assert.Equal("1 2", await _disk.ValuesAsync("hello"));
        await _disk.RestartAsync();
        Assert.Equal("1 2", await _disk.ValuesAsync("hello"));
    }

    [Fact]
    public async Task Many_records_are_taken_over_in_order_while_appends_go_on()
    {
        for (var i = 0; i < 50; i++)
            await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", [.. Enumerable.Range(i * 100, 100).Select(n => $"{n}")]));
        var appends = Task.Run(async () =>
        {
            for (var n = 5_000; n < 5_200; n++)
                await _disk.AppendAsync("_durable", TestBatch.OfValues("hello.a", $"{n}"));
        });
        await _disk.CreateAsync("hello", EngineKind.RocksDb);
        await appends;
        Assert.Equal(string.Join(' ', Enumerable.Range(0, 5_200)), await _disk.ValuesAsync("hello"));
    }
}
