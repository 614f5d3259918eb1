using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>Where consumers begin, and what they read.</summary>
public sealed class ConsumerStartContract
{
    [Theory, BothWays]
    public async Task A_consumer_begins_where_it_was_told(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("orders", "orders.>");
        for (var i = 0; i < 6; i++)
            await node.Client.AppendAsync("orders", TimedBatch.Record(i % 2 == 0 ? "orders.a" : "orders.b", $"{i}", 1_000 + i));
        var cases = new (ConsumerStart Start, string Filter, string Gets)[]
        {
            (ConsumerStart.All, "orders.*", "0 1 2 3 4 5 6 7"),
            (ConsumerStart.New, "orders.*", "6 7"),
            (ConsumerStart.Last, "orders.*", "5 6 7"),
            (ConsumerStart.Last, "orders.a", "4 6"),
            (ConsumerStart.LastPerSubject, "orders.*", "4 5 6 7"),
            (ConsumerStart.LastPerSubject, "orders.b", "5 7"),
            (ConsumerStart.At(new Offset(3)), "orders.*", "3 4 5 6 7"),
            (ConsumerStart.At(new Offset(99)), "orders.*", "6 7"),
            (ConsumerStart.Since(1_002), "orders.a", "2 4 6"),
            (ConsumerStart.Since(9_999), "orders.*", "6 7"),
        };
        for (var i = 0; i < cases.Length; i++)
            await node.CreateAsync(new ConsumerSpec { Consumer = Name with { Name = $"{i}" }, Bindings = [Binding(1, cases[i].Filter)], Start = cases[i].Start });
        await node.AppendAsync("orders.a", "6");
        await node.AppendAsync("orders.b", "7");
        for (var i = 0; i < cases.Length; i++)
        {
            using var fetched = await node.Client.Consumers.FetchAsync(new FetchRequest { Consumer = Name with { Name = $"{i}" } });
            Assert.Equal($"{i}: {cases[i].Gets}", $"{i}: {Values(fetched.Deliveries.SelectMany(deliveries => RecordingMember.Read(deliveries)))}");
        }
    }

    [Theory, BothWays]
    public async Task One_consumer_reads_several_topics_each_by_its_own_filters(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("orders", "orders.>");
        await node.Client.CreateAsync("bills", "bills.>");
        await node.CreateAsync(new ConsumerSpec
        {
            Consumer = Name,
            Bindings = [BindingOf("orders", 1, "orders.a", "orders.b"), BindingOf("bills", 2, "bills.*")],
        });
        await node.AppendAsync("orders.a", "1");
        await node.AppendAsync("orders.c", "no");
        await node.AppendAsync("bills.x", "2");
        await node.AppendAsync("orders.b", "3");
        Assert.Equal(["1 orders 1", "2 bills 2", "3 orders 1"], (await TakeAsync(node)).OrderBy(one => one.Value).Select(one => $"{one.Value} {one.Id.Log.Topic} {string.Join(',', one.Bindings)}"));
        Assert.Equal((0, 2), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Positions.Count));
    }

    [Theory, BothWays]
    public async Task A_binding_without_a_topic_reads_those_that_come_later_too(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(Adapter.TcpRocksDb == adapter ? adapter : Adapter.EmbeddedRocksDb);
        await node.Client.CreateAsync("orders", "orders.>");
        await node.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [BindingOf(null, 1, "*.a")] });
        await node.AppendAsync("orders.a", "1");
        await node.Client.CreateAsync("bills", "bills.>");
        await node.AppendAsync("bills.a", "2");
        await node.AppendAsync("bills.b", "no");
        Assert.Equal(["1", "2"], (await TakeAsync(node)).Select(one => one.Value).Order());
    }

    [Theory, BothWays]
    public async Task A_consumer_stays_without_the_topics_that_go_or_goes_with_the_last(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var goes = Name with { Name = "goes" };
        await node.CreateAsync(Plain() with { Consumer = goes, DeleteWithTopics = true });
        var member = new RecordingMember();
        await using var membership = node.Client.Consumers.Join(new ConsumerJoin { Consumer = goes, Member = "m" }, member);
        await member.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1");
        await FetchAsync(node);
        Assert.Equal(ErrorCode.None, await node.Client.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("orders")));
        await member.WaitForEventAsync("left NotFound");
        Assert.Equal(ErrorCode.NotFound, (await node.Client.Consumers.GetAsync(goes)).Error);
        var state = await node.StateAsync();
        Assert.Equal((0, 0, 0, 0), (state.Spec.Bindings.Count, state.Waiting, state.Pending, state.Positions.Count));
    }

    [Theory, BothWays]
    public async Task A_reset_forgets_what_is_out(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var member = new RecordingMember();
        await using var membership = node.Join("m", member);
        await node.AppendAsync("orders.a", "1", "2");
        var first = await member.WaitForAsync(2);
        Assert.Equal(ErrorCode.None, (await node.Client.Consumers.ResetAsync(Name, ConsumerStart.All)).Error);
        Assert.Equal("1:1 2:1 1:1 2:1", Counts(await member.WaitForAsync(4)));
        membership.Acknowledge(new Acknowledgement(first[0].Id));
        Assert.Equal(ErrorCode.None, await membership.SyncAsync());
        Assert.Equal(1, (await node.StateAsync()).Pending);
    }

    [Theory, BothWays]
    public async Task Records_that_are_removed_do_not_wait(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        await node.AppendAsync("orders.a", "1", "2", "3", "4");
        await FetchAsync(node, 1);
        await node.Client.Logs.DeleteAsync(new Records.Logs.DeleteRequest { Log = TestNode.Log("orders"), BeforeOffset = new Offset(2) });
        Assert.Equal((2, 1), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Pending));
        await node.Client.Logs.DeleteAsync(new Records.Logs.DeleteRequest { Log = TestNode.Log("orders"), Offsets = [new Offset(2)] });
        Assert.Equal(1, (await node.StateAsync()).Waiting);
        Assert.Equal("4", Values(await FetchAsync(node)));
        Assert.Equal((0, 1), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Pending));
    }
}
