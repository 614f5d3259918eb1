using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

public sealed class OffsetRecoveryTests
{
    [Fact]
    public async Task Offsets_survive_restarts_as_they_were_changed_last()
    {
        await using var node = await DiskNode.OpenAsync();
        for (var i = 0; i < 5; i++)
            Assert.Equal(ErrorCode.None, await CommitAsync(node, "a", i, partition: i % 2));
        Assert.Equal(ErrorCode.None, await CommitAsync(node, "b", 100));
        Assert.Equal(ErrorCode.None, await CommitAsync(node, "c", 100));
        Assert.Equal(ErrorCode.None, await node.Node.Offsets.DeleteAsync(TestNode.Ns, "b", []));
        Assert.Equal(ErrorCode.None, await node.Node.Offsets.DeleteAsync(TestNode.Ns, "c", [TestNode.Log("t")]));
        for (var restart = 0; restart < 3; restart++)
        {
            await node.RestartAsync();
            Assert.Equal([(0, 4L + restart), (1, 3L)], Offsets(node, "a"));
            Assert.Equal(["a", "c"], node.Node.Offsets.List(TestNode.Ns).Select(group => group.Group));
            Assert.Empty(Offsets(node, "c"));
            Assert.Equal(ErrorCode.None, await CommitAsync(node, "a", 5 + restart));
        }
    }

    [Fact]
    public async Task The_highest_generation_survives_a_restart()
    {
        await using var node = await DiskNode.OpenAsync();
        Assert.Equal(ErrorCode.None, await node.Node.Offsets.CommitAsync(new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Generation = 9 }));
        await node.RestartAsync();
        Assert.Equal(ErrorCode.Fenced, await node.Node.Offsets.CommitAsync(new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Generation = 8 }));
        Assert.Equal(9, node.Node.Offsets.Fetch(TestNode.Ns, "g", []).Generation);
    }

    [Fact]
    public async Task A_group_that_was_deleted_and_committed_again_has_only_what_is_new()
    {
        await using var node = await DiskNode.OpenAsync();
        await CommitAsync(node, "g", 1);
        await CommitAsync(node, "g", 2, partition: 1);
        var deleting = node.Node.Offsets.DeleteAsync(TestNode.Ns, "g", []);
        Assert.Equal(ErrorCode.None, await CommitAsync(node, "g", 3));
        Assert.Equal(ErrorCode.None, await deleting);
        await node.RestartAsync();
        Assert.Equal([(0, 3L)], Offsets(node, "g"));
    }

    [Fact]
    public async Task Offsets_go_with_their_topic_and_a_new_one_of_its_name_has_none()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.Segment);
        await node.CreateAsync("other", EngineKind.Segment);
        foreach (var group in new[] { "a", "b" })
        {
            await CommitAsync(node, group, 5);
            await CommitAsync(node, group, 6, partition: 1);
            await CommitAsync(node, group, 7, partition: 2, topic: "other");
        }
        // So do those that an open transaction is about to commit.
        var pending = new PendingCommit(Commit("a", 8, 0, "t"), ProducerId: 3, ProducerEpoch: 0) { BeginsAfter = 0 };
        Assert.Equal(ErrorCode.None, (await node.Node.Offsets.CommitPendingAsync(pending)).Error);
        // Which groups have offsets of it is known after a start too.
        await node.RestartAsync();

        Assert.Equal(ErrorCode.None, await node.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("t")));
        Assert.Equal(ErrorCode.None, await node.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "a", 3, 0, 1, IsCommit: true)));
        await node.CreateAsync("t", EngineKind.Segment);
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal([(2, 7L)], Offsets(node, "a"));
            Assert.Equal([(2, 7L)], Offsets(node, "b"));
            await node.RestartAsync();
        }
        await CommitAsync(node, "a", 1);
        Assert.Equal([(0, 1L), (2, 7L)], Offsets(node, "a"));
    }

    [Fact]
    public async Task What_a_commit_on_its_way_left_of_a_topic_that_was_gone_is_none_of_the_next_one()
    {
        await using var node = await DiskNode.OpenAsync();
        await CommitAsync(node, "g", 5);
        await node.RestartAsync();
        node.Time.Advance(TimeSpan.FromMilliseconds(1));
        await node.CreateAsync("t", EngineKind.Segment);
        Assert.Empty(Offsets(node, "g"));
    }

    private static ValueTask<ErrorCode> CommitAsync(DiskNode node, string group, long offset, int partition = 0, string topic = "t") =>
        node.Node.Offsets.CommitAsync(Commit(group, offset, partition, topic));

    private static OffsetCommit Commit(string group, long offset, int partition, string topic) => new()
    {
        Namespace = TestNode.Ns,
        Group = group,
        Offsets = [new GroupOffset(TestNode.Log(topic, partition), new Offset(offset), Epoch.None)],
    };

    private static (int Partition, long Offset)[] Offsets(DiskNode node, string group) =>
        [.. node.Node.Offsets.Fetch(TestNode.Ns, group, []).Offsets.Select(offset => (offset.Log.Partition, offset.Offset.Value)).Order()];
}
