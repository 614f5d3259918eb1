using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>Offsets that a group commits in a producer's transaction.</summary>
public sealed class PendingOffsetTests : IAsyncLifetime
{
    private const long Producer = 7;

    private DiskNode _disk = null!;

    public async Task InitializeAsync() => _disk = await DiskNode.OpenAsync();

    public async Task DisposeAsync() => await _disk.DisposeAsync();

    [Theory]
    [InlineData(true, 20)]
    [InlineData(false, 10)]
    public async Task They_are_seen_when_the_transaction_is_committed_and_named_as_unstable_until_it_is_over(bool isCommit, long expected)
    {
        await _disk.Node.Offsets.CommitAsync(Commit(10));
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(20, 0, beginsAfter: 0)).Error);
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(5, 0, partition: 1)).Error);
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal("10", Offsets());
            Assert.Equal([0, 1], _disk.Node.Offsets.Fetch(TestNode.Ns, "g", []).Unstable.Select(static log => log.Partition).Order());
            Assert.Equal([1], _disk.Node.Offsets.Fetch(TestNode.Ns, "g", [TestNode.Log("t", 1), TestNode.Log("t", 2)]).Unstable.Select(static log => log.Partition));
            await _disk.RestartAsync();
        }
        Assert.Equal(ErrorCode.None, await EndAsync(0, isCommit));
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal(isCommit ? $"{expected} 5" : $"{expected}", Offsets());
            Assert.Empty(_disk.Node.Offsets.Fetch(TestNode.Ns, "g", []).Unstable);
            await _disk.RestartAsync();
        }
        // Whoever ends it again, as after a crash, changes nothing that came since.
        await _disk.Node.Offsets.CommitAsync(Commit(30));
        Assert.Equal(ErrorCode.None, await EndAsync(0, isCommit));
        Assert.Equal(30, _disk.Node.Offsets.Fetch(TestNode.Ns, "g", [TestNode.Log("t")]).Offsets[0].Offset.Value);
    }

    [Fact]
    public async Task They_begin_a_transaction_only_where_nothing_has_ended_it_meanwhile()
    {
        Assert.Equal(new PendingCommitResult(ErrorCode.TransactionMismatch, 0), await CommitPendingAsync(1, 0));
        Assert.Empty(_disk.Node.Offsets.List(TestNode.Ns));
        Assert.Equal(ErrorCode.None, await EndAsync(0, isCommit: false));
        Assert.Empty(_disk.Node.Offsets.List(TestNode.Ns));
        await _disk.RestartAsync();
        Assert.Equal(new PendingCommitResult(ErrorCode.TransactionMismatch, 1), await CommitPendingAsync(1, 0, beginsAfter: 0));
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(1, 0, beginsAfter: 1)).Error);
        Assert.Equal("g", Assert.Single(_disk.Node.Offsets.List(TestNode.Ns)).Group);
        Assert.Equal(ErrorCode.None, await EndAsync(1, isCommit: true));
        Assert.Equal(ErrorCode.TransactionMismatch, (await CommitPendingAsync(2, 0, beginsAfter: 2)).Error);
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(2, 1, beginsAfter: 2)).Error);
    }

    [Fact]
    public async Task Earlier_epochs_of_the_producer_of_who_decides_and_of_the_group_are_fenced()
    {
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(1, 3, beginsAfter: 0)).Error);
        Assert.Equal(ErrorCode.Fenced, await EndAsync(2, isCommit: true));
        Assert.Equal(ErrorCode.None, await EndAsync(3, isCommit: true, coordinatorEpoch: 9));
        Assert.Equal(ErrorCode.Fenced, await EndAsync(3, isCommit: true, coordinatorEpoch: 8));
        await _disk.Node.Offsets.CommitAsync(new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Generation = 5 });
        var late = new PendingCommit(Commit(4) with { Generation = 4 }, Producer, 3, 1);
        Assert.Equal(ErrorCode.Fenced, (await _disk.Node.Offsets.CommitPendingAsync(late)).Error);
        Assert.Equal("1", Offsets());
    }

    [Fact]
    public async Task Producers_that_ended_long_ago_are_forgotten_and_open_ones_are_not()
    {
        Assert.Equal(ErrorCode.None, (await CommitPendingAsync(1, 0, beginsAfter: 0)).Error);
        await _disk.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "g", 100, 0, 1, true));
        _disk.Time.Advance(TimeSpan.FromHours(25));
        await _disk.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "g", 101, 0, 1, true));
        await _disk.RestartAsync();
        Assert.Equal(0, (await _disk.Node.Offsets.CommitPendingAsync(new PendingCommit(Commit(1), 100, 0))).Ended);
        Assert.Equal(1, (await _disk.Node.Offsets.CommitPendingAsync(new PendingCommit(Commit(1), 101, 0))).Ended);
        Assert.Equal(ErrorCode.None, await EndAsync(0, isCommit: true));
        Assert.Equal("1", Offsets());
    }

    [Fact]
    public async Task An_end_is_told_where_there_is_no_room_for_the_group()
    {
        await using var small = await DiskNode.OpenAsync(new StorageOptions { OffsetGroupsMax = 1 });
        Assert.Equal(ErrorCode.None, await small.Node.Offsets.CommitAsync(Commit(1)));
        Assert.Equal(ErrorCode.None, await small.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "absent", Producer, 0, 1, true)));
        Assert.Equal(ErrorCode.LimitExceeded, (await small.Node.Offsets.CommitPendingAsync(new PendingCommit(Commit(1) with { Group = "absent" }, Producer, 0, 0))).Error);
        Assert.Equal(1, small.Node.Offsets.Count);
    }

    [Fact]
    public async Task Groups_that_hold_nothing_but_ended_transactions_make_room_for_others()
    {
        await using var small = await DiskNode.OpenAsync(new StorageOptions { OffsetGroupsMax = 4 });
        Assert.Equal(ErrorCode.None, await small.Node.Offsets.CommitAsync(Commit(1)));
        Assert.Equal(ErrorCode.None, (await small.Node.Offsets.CommitPendingAsync(new PendingCommit(Commit(2) with { Group = "open" }, Producer, 0, 0))).Error);
        foreach (var group in new[] { "left", "behind" })
            Assert.Equal(ErrorCode.None, await small.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, group, Producer, 0, 1, true)));
        Assert.Equal(4, small.Node.Offsets.Count);
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal(ErrorCode.None, await small.Node.Offsets.CommitAsync(Commit(3) with { Group = "new" }));
            Assert.Equal(3, small.Node.Offsets.Count);
            Assert.Equal(["g", "new", "open"], small.Node.Offsets.List(TestNode.Ns).Select(static group => group.Group));
            await small.RestartAsync();
        }
    }

    private ValueTask<PendingCommitResult> CommitPendingAsync(long offset, short epoch, long? beginsAfter = null, int partition = 0) =>
        _disk.Node.Offsets.CommitPendingAsync(new PendingCommit(Commit(offset, partition), Producer, epoch, beginsAfter));

    private ValueTask<ErrorCode> EndAsync(short epoch, bool isCommit, int coordinatorEpoch = 1) =>
        _disk.Node.Offsets.EndPendingAsync(new PendingEnd(TestNode.Ns, "g", Producer, epoch, coordinatorEpoch, isCommit));

    private string Offsets() =>
        string.Join(' ', _disk.Node.Offsets.Fetch(TestNode.Ns, "g", []).Offsets.OrderBy(static offset => offset.Log.Partition).Select(static offset => offset.Offset.Value));

    private static OffsetCommit Commit(long offset, int partition = 0) => new()
    {
        Namespace = TestNode.Ns,
        Group = "g",
        Offsets = [new GroupOffset(TestNode.Log("t", partition), new Offset(offset), Epoch.None)],
    };
}
