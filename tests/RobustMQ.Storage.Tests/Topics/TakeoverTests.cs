using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Topics;

public sealed class TakeoverTests : IAsyncLifetime
{
    private TestNode _test = null!;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync();

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task A_new_topic_begins_with_what_live_holds_for_its_filters()
    {
        await _test.AppendAsync("_live", TestBatch.Of("hello.world", "other", "hello.moon"));
        await _test.AppendAsync("_live", TestBatch.Of("hello.world"));
        await _test.CreateAsync("hello", "hello.>");
        Assert.Equal(["hello.world", "hello.moon", "hello.world"], (await _test.ReadAsync("hello")).Select(record => record.Key));
        Assert.Equal([0, 1, 2], (await _test.ReadAsync("hello")).Select(record => record.Offset));
        Assert.Equal("value of hello.world", (await _test.ReadAsync("hello"))[0].Value);
    }

    [Fact]
    public async Task Records_of_one_subject_go_to_one_partition()
    {
        await _test.AppendAsync("_live", TestBatch.Of([.. Enumerable.Range(0, 100).Select(i => $"s.{i % 10}")]));
        await _test.CreateAsync(TestNode.Spec("s", "s.>") with { Partitions = 4 });
        var total = 0;
        for (var partition = 0; partition < 4; partition++)
        {
            var seen = await _test.ReadAsync("s", partition);
            total += seen.Count;
            Assert.All(seen, record => Assert.Equal(partition, Partitioner.PartitionOf(System.Text.Encoding.UTF8.GetBytes(record.Key!), 4)));
        }
        Assert.Equal(100, total);
    }

    [Fact]
    public async Task Publishers_that_do_not_know_the_topic_yet_lose_nothing()
    {
        await _test.CreateAsync("late", "late.>");
        await _test.AppendAsync("_live", TestBatch.Of("late.a", "other"));
        Assert.Equal(["late.a"], (await _test.ReadAsync("late")).Select(record => record.Key));

        _test.Time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(
            () => _test.AppendAsync("_live", TestBatch.Of("other")).IsCompletedSuccessfully, "appends go on");
        await _test.AppendAsync("_live", TestBatch.Of("late.b"));
        await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("late"));
        Assert.True((await _test.AppendAsync("_live", TestBatch.Of("late.c"))).Succeeded);
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.Segment)]
    public async Task No_record_is_lost_doubled_or_reordered_while_appends_go_on(EngineKind engine)
    {
        await using var test = await TestNode.OpenAsync(more: new PersistentMemoryEngine());
        const int PerWriter = 3_000;
        var writers = new[] { "w.0", "w.1", "w.2" };
        var ready = new CountdownEvent(writers.Length);
        var appends = writers.Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < PerWriter; i++)
            {
                await test.AppendAsync("_live", TestBatch.OfValues(writer, $"{i}"));
                if (i == 200)
                    ready.Signal();
            }
        })).ToArray();
        await Task.Run(ready.Wait);
        await test.CreateAsync(TestNode.Spec("w", "w.*") with { Engine = engine, MaxBatchBytes = 1 << 20 });
        await Task.WhenAll(appends);

        await Eventually.TrueAsync(
            () => test.Node.Logs.OffsetsAsync(TestNode.Log("w")).AsTask().Result.RecordCount == PerWriter * writers.Length, "everything was taken over");
        var seen = await test.ReadAsync("w");
        foreach (var writer in writers)
            Assert.Equal(Enumerable.Range(0, PerWriter).Select(i => $"{i}"), seen.Where(record => record.Key == writer).Select(record => record.Value));
    }
}
