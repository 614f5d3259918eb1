using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>
/// What a node holds before its files are damaged: a log of each engine and one that keeps what is wanted, with a consumer and the records 1, 2 and 3 each, and a group's offsets. Half of it in tables and
/// half in the write-ahead log, since there is a restart between.
/// </summary>
internal static class MixedNode
{
    public static ConsumerRef OfRocks { get; } = new(TestNode.Ns, "r");

    public static ConsumerRef OfSegment { get; } = new(TestNode.Ns, "c");

    public static async Task FillAsync(DiskNode test)
    {
        await test.CreateAsync("rocks", EngineKind.RocksDb);
        await test.CreateAsync("segment", EngineKind.Segment);
        await test.CreateAsync("wanted", EngineKind.Segment, static spec => spec with { Retention = new Retention { Policy = RetentionPolicy.Interest } });
        foreach (var (topic, consumer) in new[] { ("rocks", OfRocks), ("segment", OfSegment), ("wanted", new ConsumerRef(TestNode.Ns, "w")) })
        {
            var binding = new ConsumerBinding { Id = 1, Topic = TopicName.Parse(topic) };
            Assert.Equal(ErrorCode.None, (await test.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = consumer, Bindings = [binding] })).Error);
        }
        foreach (var value in new[] { "1", "2", "3" })
        {
            foreach (var topic in new[] { "rocks", "segment", "wanted" })
                Assert.True((await test.AppendAsync(topic, TestBatch.OfValues(topic + ".a", value))).Succeeded);
            if (value == "2")
                await test.RestartAsync();
        }
        var commit = new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Offsets = [new GroupOffset(TestNode.Log("segment"), new Offset(2), Epoch.None)] };
        Assert.Equal(ErrorCode.None, await test.Node.Offsets.CommitAsync(commit));
    }
}
