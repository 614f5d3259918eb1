using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>Who gets what: members of one consumer, here and gone.</summary>
public sealed class ConsumerMemberContract
{
    [Theory, BothWays]
    public async Task An_exclusive_consumer_has_one_member(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { Members = MemberPolicy.Exclusive });
        var (one, two, three) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        var first = node.Join("one", one);
        await one.WaitForEventAsync("joined True");
        await using var second = node.Join("two", two);
        await two.WaitForEventAsync("left LeaseHeld");
        using var fetched = await node.Client.Consumers.FetchAsync(new FetchRequest { Consumer = Name });
        Assert.Equal(ErrorCode.LeaseHeld, fetched.Error);
        await first.DisposeAsync();
        await using var third = node.Join("two", three);
        await three.WaitForEventAsync("joined True");
    }

    [Theory, BothWays]
    public async Task A_member_may_insist_on_being_alone(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var (one, two, three) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        var first = node.Join("one", one);
        await one.WaitForEventAsync("joined True");
        await using var second = node.Join("two", two, join => join with { IsExclusive = true });
        await two.WaitForEventAsync("left LeaseHeld");
        await first.DisposeAsync();
        await using var alone = node.Join("two", three, join => join with { IsExclusive = true });
        await three.WaitForEventAsync("joined True");
        var late = new RecordingMember();
        await using var fourth = node.Join("one", late);
        await late.WaitForEventAsync("left LeaseHeld");
    }

    [Theory, BothWays]
    public async Task Members_of_higher_priority_come_first_as_long_as_they_have_credit(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var (low, high) = (new RecordingMember(), new RecordingMember());
        await using var first = node.Join("low", low);
        await using var second = node.Join("high", high, join => join with { Priority = 5, CreditRecords = 2 });
        await low.WaitForEventAsync("joined True");
        await high.WaitForEventAsync("joined True");
        await Eventually.TrueAsync(async () => (await node.StateAsync()).Members.Count(static member => member.CreditRecords > 0) == 2, "both have room");
        await node.AppendAsync("orders.a", "1", "2", "3");
        Assert.Equal("1 2", Values(await high.WaitForAsync(2)));
        Assert.Equal("3", Values(await low.WaitForAsync(1)));
    }

    [Theory, BothWays]
    public async Task The_single_active_member_is_the_one_of_the_highest_priority(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { Members = MemberPolicy.SingleActive });
        var (low, high) = (new RecordingMember(), new RecordingMember());
        await using var first = node.Join("low", low);
        await low.WaitForEventAsync("joined True");
        var second = node.Join("high", high, join => join with { Priority = 5 });
        await high.WaitForEventAsync("joined True");
        await low.WaitForEventAsync("active False");
        await node.AppendAsync("orders.a", "1");
        await high.WaitForAsync(1);
        await second.DisposeAsync();
        await low.WaitForEventAsync("active True");
        Assert.Equal("1:2", Counts(await low.WaitForAsync(1)));
    }

    [Theory, BothWays]
    public async Task Credit_in_bytes_holds_back_what_is_larger(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var member = new RecordingMember();
        await using var membership = node.Join("m", member, join => join with { CreditBytes = 1_500 });
        await member.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", new string('1', 1000), new string('2', 1000), new string('3', 1000));
        await member.WaitForAsync(2);
        Assert.Equal((1, 2), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Pending));
        membership.AddCredit(0, 1_500);
        await member.WaitForAsync(3);
    }

    [Theory, BothWays]
    public async Task A_member_fetches_for_itself(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var member = new RecordingMember();
        var membership = node.Join("m", member, join => join with { CreditRecords = 0 });
        await member.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1", "2");
        using (var fetched = await membership.FetchAsync(1, 1 << 20, TimeSpan.Zero))
            Assert.Equal("1", Values(fetched.Deliveries.SelectMany(deliveries => RecordingMember.Read(deliveries))));
        Assert.Equal(1, Assert.Single((await node.StateAsync()).Members).Pending);
        await membership.DisposeAsync();
        Assert.Equal("1:2 2:1", Counts(await FetchAsync(node)));
    }

    [Theory, BothWays]
    public async Task A_fetch_waits_for_the_first_record(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var waiting = FetchAsync(node, 5, TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => node.Time.HasTimerWithin(TimeSpan.FromMinutes(1)), "the fetch waits");
        await node.AppendAsync("orders.a", "1");
        Assert.Equal("1", Values(await waiting));
        await node.AnswerAsync(AckKind.Acknowledge, await waiting);
        var inVain = FetchAsync(node, 5, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => Advance(node) && inVain.IsCompleted, "the fetch ends");
        Assert.Empty(await inVain);
    }

    private static bool Advance(AdaptedNode node)
    {
        node.Time.Advance(TimeSpan.FromSeconds(1));
        return true;
    }
}
