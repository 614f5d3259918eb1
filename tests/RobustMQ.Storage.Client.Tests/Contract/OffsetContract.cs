using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class OffsetContract
{
    [Theory, EveryAdapter]
    public async Task Offsets_come_back_as_they_were_committed(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var consumers = node.Client.Consumers;
        var first = new GroupOffset(TestNode.Log("orders"), new Offset(7), new Epoch(3), "half way");
        var second = new GroupOffset(TestNode.Log("orders", 1), new Offset(9), Epoch.None);
        Assert.Equal(ErrorCode.None, await consumers.CommitOffsetsAsync(Commit(first, second)));

        var all = await consumers.FetchOffsetsAsync(TestNode.Ns, "group", []);
        Assert.Equal((ErrorCode.None, -1), (all.Error, all.Generation));
        Assert.Equal(
            [first with { CommittedMs = node.Time.NowMs }, second with { CommittedMs = node.Time.NowMs }], all.Offsets.OrderBy(offset => offset.Log.Partition));
        var one = await consumers.FetchOffsetsAsync(TestNode.Ns, "group", [TestNode.Log("orders", 1), TestNode.Log("orders", 2)]);
        Assert.Equal(9, Assert.Single(one.Offsets).Offset.Value);
    }

    [Theory, EveryAdapter]
    public async Task A_group_that_is_not_known_has_no_offsets(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var offsets = await node.Client.Consumers.FetchOffsetsAsync(TestNode.Ns, "absent", []);
        Assert.Equal((ErrorCode.None, -1, 0), (offsets.Error, offsets.Generation, offsets.Offsets.Count));
        Assert.Equal(ErrorCode.NotFound, await node.Client.Consumers.DeleteOffsetsAsync(TestNode.Ns, "absent", []));
    }

    [Theory, EveryAdapter]
    public async Task A_commit_of_an_earlier_generation_is_fenced_and_changes_nothing(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var consumers = node.Client.Consumers;
        Assert.Equal(ErrorCode.None, await consumers.CommitOffsetsAsync(Commit(At(1)) with { Generation = 4 }));
        Assert.Equal(ErrorCode.None, await consumers.CommitOffsetsAsync(Commit() with { Generation = 6 }));
        Assert.Equal(ErrorCode.Fenced, await consumers.CommitOffsetsAsync(Commit(At(2)) with { Generation = 5 }));
        Assert.Equal(ErrorCode.None, await consumers.CommitOffsetsAsync(Commit(At(3))));
        var offsets = await consumers.FetchOffsetsAsync(TestNode.Ns, "group", []);
        Assert.Equal((6, 3), (offsets.Generation, Assert.Single(offsets.Offsets).Offset.Value));
    }

    [Theory, EveryAdapter]
    public async Task Groups_are_listed_and_deleted_whole_or_by_log(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var consumers = node.Client.Consumers;
        await consumers.CommitOffsetsAsync(Commit(At(1), At(2, 1)));
        await consumers.CommitOffsetsAsync(Commit(At(1)) with { Group = "another" });
        await consumers.CommitOffsetsAsync(Commit(At(1)) with { Namespace = Namespace.Parse("tenant") });
        Assert.Equal(
            [new OffsetGroup(TestNode.Ns, "another", -1, 1, node.Time.NowMs), new OffsetGroup(TestNode.Ns, "group", -1, 2, node.Time.NowMs)],
            await consumers.ListOffsetGroupsAsync(TestNode.Ns));
        Assert.Equal(ErrorCode.None, await consumers.DeleteOffsetsAsync(TestNode.Ns, "group", [TestNode.Log("t", 1), TestNode.Log("absent")]));
        Assert.Equal(0, Assert.Single((await consumers.FetchOffsetsAsync(TestNode.Ns, "group", [])).Offsets).Log.Partition);
        Assert.Equal(ErrorCode.None, await consumers.DeleteOffsetsAsync(TestNode.Ns, "group", []));
        Assert.Equal("another", Assert.Single(await consumers.ListOffsetGroupsAsync(TestNode.Ns)).Group);
    }

    [Theory, EveryAdapter]
    public async Task What_cannot_be_committed_is_refused_as_a_whole(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter, new StorageOptions { OffsetsPerGroupMax = 2, OffsetGroupsMax = 1 });
        var consumers = node.Client.Consumers;
        Assert.Equal(ErrorCode.InvalidArgument, await consumers.CommitOffsetsAsync(Commit(At(1), At(-1, 1))));
        Assert.Equal(ErrorCode.InvalidArgument, await consumers.CommitOffsetsAsync(Commit(At(1)) with { Group = "" }));
        Assert.Equal(ErrorCode.InvalidArgument, await consumers.CommitOffsetsAsync(Commit(At(1)) with { Group = new string('g', 513) }));
        Assert.Equal(ErrorCode.InvalidArgument, await consumers.CommitOffsetsAsync(Commit(At(1) with { Metadata = new string('m', OffsetCommit.MetadataBytesMax + 1) })));
        Assert.Equal(ErrorCode.LimitExceeded, await consumers.CommitOffsetsAsync(Commit(At(1), At(1, 1), At(1, 2))));
        Assert.Empty((await consumers.FetchOffsetsAsync(TestNode.Ns, "group", [])).Offsets);
        Assert.Equal(ErrorCode.None, await consumers.CommitOffsetsAsync(Commit(At(1), At(1, 1))));
        Assert.Equal(ErrorCode.LimitExceeded, await consumers.CommitOffsetsAsync(Commit(At(1)) with { Group = "one too many" }));
    }

    private static OffsetCommit Commit(params GroupOffset[] offsets) => new() { Namespace = TestNode.Ns, Group = "group", Offsets = offsets };

    private static GroupOffset At(long offset, int partition = 0) => new(TestNode.Log("t", partition), new Offset(offset), Epoch.None);
}
