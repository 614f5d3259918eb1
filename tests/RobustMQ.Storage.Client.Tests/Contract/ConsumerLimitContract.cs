using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>How much may wait for a consumer, and how long it lives.</summary>
public sealed class ConsumerLimitContract
{
    [Theory, BothWays]
    public async Task A_full_backlog_drops_its_oldest(Adapter adapter)
    {
        var dead = new DeadLetterPolicy { Topic = TopicName.Parse("dead") };
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("orders", "orders.>");
        await node.Client.CreateAsync("dead", "dead.>");
        await node.CreateAsync(Plain() with { Backlog = new BacklogLimit { MaxRecords = 2 }, DeadLetter = dead });
        await node.AppendAsync("orders.a", "1", "2", "3", "4");
        Assert.Equal(["1 backlog 0 orders/0/0", "2 backlog 0 orders/0/1"], await node.DeadAsync("dead", 2));
        await Eventually.TrueAsync(async () => await node.StateAsync() is { Waiting: 2, Dead: 2 }, "two are left");
        var out3 = await FetchAsync(node, 1);
        await node.AppendAsync("orders.a", "5", "6");
        await node.AnswerAsync(AckKind.Return, out3);
        Assert.Equal(["3 backlog 1 orders/0/2", "4 backlog 0 orders/0/3"], (await node.DeadAsync("dead", 4)).Skip(2).Order());
        Assert.Equal("5 6", Values(await TakeAsync(node)));
    }

    [Theory, BothWays]
    public async Task What_was_acknowledged_to_a_publisher_waits_at_once(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var stored = 0;
        async Task PublishAsync()
        {
            for (var i = 0; i < 100; i++)
            {
                await node.AppendAsync("orders.a", "x");
                var atLeast = Interlocked.Increment(ref stored);
                Assert.InRange((await node.StateAsync()).Waiting, atLeast, 400);
            }
        }
        await Task.WhenAll(PublishAsync(), PublishAsync(), PublishAsync(), PublishAsync());
        var removed = await node.Client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = Name, IfEmpty = true });
        Assert.Equal((ErrorCode.LimitExceeded, 400), (removed.Error, (await node.StateAsync()).Waiting));
        Assert.Equal(400, (await node.Client.Consumers.PurgeAsync(Name)).Records);
    }

    [Theory, BothWays]
    public async Task A_backlog_is_counted_in_bytes_too(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { Backlog = new BacklogLimit { MaxBytes = 3_000 } });
        for (var i = 0; i < 10; i++)
            await node.AppendAsync("orders.a", $"{i}" + new string('x', 900));
        await Eventually.TrueAsync(async () => await node.StateAsync() is { Waiting: 3, Dead: 7, WaitingBytes: > 2_700 and <= 3_000 }, "three are left");
        Assert.Equal("789", string.Concat((await TakeAsync(node)).Select(one => one.Value[0])));
    }

    [Theory, BothWays]
    public async Task A_full_backlog_refuses_appends_that_would_come_to_it(Adapter adapter)
    {
        await using var node = await OpenAsync(
            adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1, "orders.a")], Backlog = new BacklogLimit { MaxRecords = 2, Overflow = BacklogOverflow.RefuseAppends } });
        await node.AppendAsync("orders.a", "1", "2");
        Assert.Equal(ErrorCode.LimitExceeded, (await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "3"))).Error);
        await node.AppendAsync("orders.b", "no");
        await TakeAsync(node, 1);
        await node.AppendAsync("orders.a", "4");
        Assert.Equal(ErrorCode.LimitExceeded, (await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "5"))).Error);
        Assert.Equal("2 4", Values(await TakeAsync(node)));
        await node.Client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = Name });
        await node.AppendAsync("orders.a", "6", "7", "8");
        await node.AppendAsync("orders.a", "9");
    }

    [Theory, BothWays]
    public async Task A_paused_consumer_gives_nothing_until_its_time_or_an_update(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("orders", "orders.>");
        var spec = Plain() with { PausedUntilMs = node.Time.NowMs + 60_000 };
        await node.CreateAsync(spec);
        var member = new RecordingMember();
        await using var membership = node.Join("m", member);
        await member.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1");
        Assert.Equal("", Values(await FetchAsync(node)));
        node.Time.Advance(TimeSpan.FromSeconds(61));
        await member.WaitForAsync(1);
        await node.Client.Consumers.UpdateAsync(spec with { PausedUntilMs = long.MaxValue });
        await node.AppendAsync("orders.a", "2");
        Assert.Equal(1, (await node.StateAsync()).Waiting);
        Assert.Single(member.Delivered);
        await node.Client.Consumers.UpdateAsync(spec with { PausedUntilMs = 0 });
        Assert.Equal("1 2", Values(await member.WaitForAsync(2)));
    }

    [Theory, BothWays]
    public async Task A_consumer_that_nobody_uses_ends(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { InactiveExpiry = TimeSpan.FromMinutes(5) });
        var member = new RecordingMember();
        var membership = node.Join("m", member);
        await member.WaitForEventAsync("joined True");
        node.Time.Advance(TimeSpan.FromMinutes(20));
        await FetchAsync(node);
        await membership.DisposeAsync();
        node.Time.Advance(TimeSpan.FromMinutes(4));
        await FetchAsync(node);
        node.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(ErrorCode.None, (await node.Client.Consumers.GetAsync(Name)).Error);
        node.Time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(async () => (await node.Client.Consumers.GetAsync(Name)).Error == ErrorCode.NotFound, "the consumer has ended");
    }

    [Theory, BothWays]
    public async Task A_consumer_is_deleted_only_as_its_owner_expects_it(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        var member = new RecordingMember();
        var membership = node.Join("m", member, join => join with { CreditRecords = 0 });
        await member.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1");
        Assert.Equal(ErrorCode.LeaseHeld, (await DeleteAsync(node, new ConsumerDelete { Consumer = Name, IfUnused = true })).Error);
        Assert.Equal(ErrorCode.LimitExceeded, (await DeleteAsync(node, new ConsumerDelete { Consumer = Name, IfEmpty = true })).Error);
        Assert.Equal(ErrorCode.RevisionMismatch, (await DeleteAsync(node, new ConsumerDelete { Consumer = Name, ExpectedRevision = 9 })).Error);
        Assert.Equal(new ConsumerRemoval(ErrorCode.None, 1), await DeleteAsync(node, new ConsumerDelete { Consumer = Name, ExpectedRevision = 1 }));
        await member.WaitForEventAsync("left NotFound");
        await membership.DisposeAsync();
    }

    [Theory, BothWays]
    public async Task Consumers_are_listed_page_by_page(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        for (var i = 0; i < 5; i++)
            await node.CreateAsync(Plain() with { Consumer = Name with { Name = $"amqp/queues/{i}" } });
        var seen = new List<string>();
        ConsumerRef? after = null;
        while (true)
        {
            var page = await node.Client.Consumers.ListAsync(new ConsumerQuery { Namespace = TestNode.Ns, After = after, Limit = 2 });
            if (page.Count == 0)
                break;
            seen.AddRange(page.Select(state => state.Spec.Consumer.Name));
            after = page[^1].Spec.Consumer;
        }
        Assert.Equal(["amqp/queues/0", "amqp/queues/1", "amqp/queues/2", "amqp/queues/3", "amqp/queues/4", Name.Name], seen);
    }

    private static async Task<ConsumerRemoval> DeleteAsync(AdaptedNode node, ConsumerDelete request) => await node.Client.Consumers.DeleteAsync(request);
}
