using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>A node whose consumers' journal was damaged while it was down: consumers and groups are refused and reported, all logs are served, and the journal stays as it is.</summary>
public sealed class DamagedJournalTests
{
    [Fact]
    public async Task Consumers_are_refused_and_logs_are_served()
    {
        await using var test = await DiskNode.OpenAsync();
        await MixedNode.FillAsync(test);
        await test.Node.DisposeAsync();
        var journal = Assert.Single(Directory.GetFiles(Path.Combine(test.Directory, "segments", new LogId(ConsumerJournal.LogTopic, 0).ToString()), "*.log"));
        var whole = await File.ReadAllBytesAsync(journal);
        var damaged = whole.ToArray();
        for (var at = 3; at <= damaged.Length / 2; at += 7)
            damaged[at] ^= 0x55;
        await File.WriteAllBytesAsync(journal, damaged);

        await test.StartAgainAsync();
        foreach (var topic in new[] { "rocks", "segment" })
        {
            Assert.True((await test.AppendAsync(topic, TestBatch.OfValues(topic + ".a", "4"))).Succeeded);
            Assert.Equal("1 2 3 4", await test.ValuesAsync(topic));
        }
        // Nobody knows who wants what, and so nothing of it goes.
        Assert.Equal("1 2 3", await test.ValuesAsync("wanted"));
        await AssertRefusedAsync(test);
        await test.Node.DisposeAsync();
        Assert.Equal(damaged, await File.ReadAllBytesAsync(journal));

        // Its operator has put it right.
        await File.WriteAllBytesAsync(journal, whole);
        await test.StartAgainAsync();
        Assert.True(test.Node.Health.IsReady);
        Assert.Equal(4, (await test.Node.Consumers.GetAsync(MixedNode.OfSegment)).State!.Waiting);
        Assert.Equal(new Offset(2), Assert.Single(test.Node.Offsets.Fetch(TestNode.Ns, "g", []).Offsets).Offset);
    }

    private static async Task AssertRefusedAsync(DiskNode test)
    {
        Assert.Equal(ErrorCode.DiskFailure, (await test.Node.Consumers.GetAsync(MixedNode.OfSegment)).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await test.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = MixedNode.OfSegment, Bindings = [] })).Error);
        Assert.Equal(ErrorCode.DiskFailure, (await test.Node.Consumers.FetchAsync(new FetchRequest { Consumer = MixedNode.OfSegment, MaxRecords = 1 })).Error);
        await Assert.ThrowsAsync<StorageException>(async () => await test.Node.Consumers.ListAsync(new ConsumerQuery()));
        var commit = new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Offsets = [new GroupOffset(TestNode.Log("segment"), new Offset(1), Epoch.None)] };
        Assert.Equal(ErrorCode.DiskFailure, (await test.Node.Offsets.CommitPendingAsync(new PendingCommit(commit, 1, 0, BeginsAfter: 0))).Error);
        Assert.Equal(ErrorCode.DiskFailure, await test.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "g", 1, 0, 1, IsCommit: true)));
        // A group that nobody can read has no offsets that anybody could be told, not none.
        Assert.Equal(ErrorCode.DiskFailure, test.Node.Offsets.Fetch(TestNode.Ns, "g", []).Error);
        Assert.Equal(ErrorCode.DiskFailure, await test.Node.Offsets.CommitAsync(new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Generation = 9 }));

        Assert.False(test.Node.Health.IsReady);
        Assert.False(test.Node.Health.Stages.Single(static stage => stage.Name == "consumers").IsHealthy);
    }
}
