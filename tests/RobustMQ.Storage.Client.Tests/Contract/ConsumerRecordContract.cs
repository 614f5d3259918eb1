using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>What the storage layer knows of records besides their subject reaches consumers by every way and of every engine: when they may come, how long they live, how urgent they are.</summary>
public sealed class ConsumerRecordContract
{
    public static TheoryData<Adapter, EngineKind> Every()
    {
        var every = new TheoryData<Adapter, EngineKind>();
        foreach (var adapter in new[] { Adapter.EmbeddedRocksDb, Adapter.TcpRocksDb })
        {
            foreach (var engine in new[] { EngineKind.Memory, EngineKind.RocksDb, EngineKind.Segment })
                every.Add(adapter, engine);
        }
        return every;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_delayed_record_comes_when_its_time_has(Adapter adapter, EngineKind engine)
    {
        await using var node = await OpenAsync(adapter, Plain(), topic => topic with { Engine = engine });
        var member = new RecordingMember();
        await using var membership = node.Join("m", member, join => join with { CreditRecords = 3 });
        await member.WaitForEventAsync("joined True");
        var delayed = await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "late", delayUntilMs: node.Time.NowMs + 5_000));
        Assert.Equal((ErrorCode.None, true), (delayed.Error, delayed.IsDelayed));
        await node.AppendAsync("orders.a", "now");
        Assert.Equal("now", Values(await member.WaitForAsync(1)));
        Assert.Equal(0, (await node.StateAsync()).Waiting);
        node.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("now late", Values(await member.WaitForAsync(2)));
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "later", delayUntilMs: node.Time.NowMs + 1_000));
        await node.AppendAsync("orders.a", "then");
        Assert.Equal("now late then", Values(await member.WaitForAsync(3)));
        node.Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => (await node.StateAsync()).Waiting == 1, "it waits for the next fetch");
        Assert.Equal("later", Values(await FetchAsync(node)));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task An_expired_record_does_not_come(Adapter adapter, EngineKind engine)
    {
        await using var node = await OpenAsync(adapter, Plain(), topic => topic with { Engine = engine });
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "short", expiresAtMs: node.Time.NowMs + 1_000));
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "long", expiresAtMs: node.Time.NowMs + 60_000));
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "short too", expiresAtMs: node.Time.NowMs + 1_000));
        node.Time.Advance(TimeSpan.FromSeconds(2));
        var delivered = await FetchAsync(node);
        Assert.Equal("long", Values(delivered));
        node.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(await FetchAsync(node));
        Assert.Equal((0, 0), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Pending));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task The_most_urgent_come_first_from_what_was_there_and_what_comes(Adapter adapter, EngineKind engine)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("orders", "orders.>") with { Engine = engine });
        await AppendAsync(node, ("n1", null), ("u1", 1), ("c1", 2), ("n2", null));
        await node.CreateAsync(Plain() with { PriorityOrder = true });
        Assert.Equal("c1 u1", Values(await TakeAsync(node, 2)));
        await AppendAsync(node, ("u2", 1), ("c2", 2));
        var one = await FetchAsync(node, 1);
        await AppendAsync(node, ("c3", 2));
        await node.AnswerAsync(AckKind.Return, one);
        Assert.Equal("c2 c3 u2 n1 n2", Values(await TakeAsync(node)));
    }

    private static async Task AppendAsync(AdaptedNode node, params (string Value, int? Priority)[] records)
    {
        foreach (var (value, priority) in records)
            await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", value, priority));
    }
}
