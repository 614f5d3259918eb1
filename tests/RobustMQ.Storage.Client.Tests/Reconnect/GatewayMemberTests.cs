using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Reconnect;

/// <summary>Members of one consumer at different gateways: gateways that are lost, and that come back.</summary>
public sealed class GatewayMemberTests
{
    [Fact]
    public async Task What_a_lost_gateway_had_goes_to_another_at_once()
    {
        await using var node = await OpenAsync(Adapter.Tcp, Plain());
        var (first, second) = (new RecordingMember(), new RecordingMember());
        var gateway = node.NewGateway();
        var lost = Join(gateway, "one", first);
        await first.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1", "2", "3");
        await first.WaitForAsync(3);
        lost.Acknowledge(new Acknowledgement(first.Delivered[1].Id));
        Assert.Equal(ErrorCode.None, await lost.SyncAsync());
        await using var other = Join(node.Client, "two", second);
        await second.WaitForEventAsync("joined True");
        await gateway.DisposeAsync();
        Assert.Equal("1:2 3:2", Counts(await second.WaitForAsync(2)));
        await node.AppendAsync("orders.a", "4");
        Assert.Equal("1:2 3:2 4:1", Counts(await second.WaitForAsync(3)));
    }

    [Fact]
    public async Task What_a_lost_gateway_had_waits_for_its_member_as_long_as_was_agreed()
    {
        await using var node = await OpenAsync(Adapter.Tcp, Plain());
        var (first, second, back) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        var gateway = node.NewGateway();
        Join(gateway, "one", first, TimeSpan.FromMinutes(1));
        await first.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1", "2");
        await first.WaitForAsync(2);
        await gateway.DisposeAsync();
        // Until then the lost one has room and would be given the next record, too.
        await Eventually.TrueAsync(async () => !(await node.StateAsync()).Members.Any(static member => member.CreditRecords > 0 && member.IsActive), "the node has noticed");
        await using var other = Join(node.Client, "two", second);
        await second.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "3");
        Assert.Equal("3:1", Counts(await second.WaitForAsync(1)));

        // It is back in time and has what it had, whoever else would have room for it.
        var returned = node.NewGateway();
        Join(returned, "one", back, TimeSpan.FromMinutes(1));
        await back.WaitForEventAsync("joined True");
        Assert.Equal("1:2 2:2", Counts(await back.WaitForAsync(2)));

        // And is lost again, for too long.
        await returned.DisposeAsync();
        await Eventually.TrueAsync(async () => (await node.StateAsync()).Members.Count(static member => member.CreditRecords > 0 && member.IsActive) == 1, "the node has noticed");
        node.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("3:1 1:3 2:3", Counts(await second.WaitForAsync(3)));
    }

    [Fact]
    public async Task A_gateway_that_comes_back_too_late_is_fenced()
    {
        await using var node = await OpenAsync(Adapter.Tcp, Plain() with { Members = MemberPolicy.Exclusive });
        await using var late = node.NewGateway();
        var (old, owner, again) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        var stale = Join(late, "client-7", old, epoch: 4);
        await old.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1");
        var first = await old.WaitForAsync(1);
        await using var current = Join(node.Client, "client-7", owner, epoch: 5);
        await old.WaitForEventAsync("left Fenced");
        Assert.Equal("1:2", Counts(await owner.WaitForAsync(1)));
        stale.Acknowledge(new Acknowledgement(first[0].Id));
        stale.Acknowledge(new Acknowledgement(owner.Delivered[0].Id));
        Assert.Equal(ErrorCode.Fenced, await stale.SyncAsync());
        await using var refused = Join(late, "client-7", again, epoch: 4);
        await again.WaitForEventAsync("left Fenced");
        Assert.Equal((1, 0), ((await node.StateAsync()).Pending, (await node.StateAsync()).Acknowledged));
    }

    [Fact]
    public async Task A_fenced_member_disturbs_none_of_the_others_of_its_gateway()
    {
        await using var node = await OpenAsync(Adapter.Tcp, Plain());
        await using var gateway = node.NewGateway();
        var (fenced, neighbour, owner) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        await using var quiet = Join(gateway, "neighbour", neighbour);
        await neighbour.WaitForEventAsync("joined True");
        await using var stale = Join(gateway, "m", fenced, epoch: 1);
        await fenced.WaitForEventAsync("joined True");
        var current = Join(node.Client, "m", owner, epoch: 2);
        // Whatever it says while it does not know: credit that nobody may use.
        for (var i = 0; i < 1000; i++)
            stale.AddCredit(1);
        await fenced.WaitForEventAsync("left Fenced");
        await current.DisposeAsync();
        await node.AppendAsync("orders.a", "1");
        await neighbour.WaitForAsync(1);
        Assert.Equal(ErrorCode.None, await quiet.SyncAsync());
        Assert.DoesNotContain("left Unavailable", neighbour.Events);
    }

    private static IConsumerMembership Join(IStorageClient gateway, string member, RecordingMember receiver, TimeSpan returnWithin = default, long epoch = 0) =>
        gateway.Consumers.Join(
            new ConsumerJoin { Consumer = Name, Member = member, MemberEpoch = epoch, ReturnWithin = returnWithin, CreditRecords = 100 }, receiver);
}
