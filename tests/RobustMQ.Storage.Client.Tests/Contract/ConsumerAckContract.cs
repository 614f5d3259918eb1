using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>What answers, and answers that do not come, lead to.</summary>
public sealed class ConsumerAckContract
{
    private static readonly DeadLetterPolicy ToDead = new() { Topic = TopicName.Parse("dead") };

    [Theory, BothWays]
    public async Task Without_acknowledgement_what_was_handed_out_is_done(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { AckPolicy = AckPolicy.None, AckWait = TimeSpan.FromSeconds(1) });
        await node.AppendAsync("orders.a", "1", "2", "3");
        Assert.Equal("1:1 2:1", Counts(await FetchAsync(node, 2)));
        var state = await node.StateAsync();
        Assert.Equal((1, 0, 2, 2), (state.Waiting, state.Pending, state.Acknowledged, Assert.Single(state.Positions).AckFloor.Value));
        node.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("3:1", Counts(await FetchAsync(node)));
    }

    [Theory, BothWays]
    public async Task A_cumulative_acknowledgement_covers_what_came_before(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { AckPolicy = AckPolicy.All });
        await node.AppendAsync("orders.a", "1", "2", "3", "4");
        var delivered = await FetchAsync(node, 3);
        await node.AnswerAsync(AckKind.Acknowledge, delivered[1]);
        var state = await node.StateAsync();
        Assert.Equal((1, 1, 2), (state.Waiting, state.Pending, Assert.Single(state.Positions).AckFloor.Value));
        await node.AnswerAsync(AckKind.Acknowledge, delivered[0]);
        Assert.Equal("3:2 4:1", Counts(await FetchAsync(node)));
    }

    [Theory, BothWays]
    public async Task The_newest_of_every_subject_comes_once_whatever_the_policy(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("orders", "orders.>");
        foreach (var (subject, value) in new[] { ("a", "a1"), ("b", "b1"), ("a", "a2"), ("c", "c1"), ("b", "b2") })
            await node.AppendAsync("orders." + subject, value);
        foreach (var policy in Enum.GetValues<AckPolicy>())
        {
            var name = Name with { Name = $"{policy}" };
            await node.CreateAsync(Plain() with { Consumer = name, AckPolicy = policy, Start = ConsumerStart.LastPerSubject });
            using var fetched = await node.Client.Consumers.FetchAsync(new FetchRequest { Consumer = name });
            var delivered = fetched.Deliveries.SelectMany(deliveries => RecordingMember.Read(deliveries)).ToList();
            Assert.Equal("a2 c1 b2", Values(delivered));
            Assert.All(delivered, one => Assert.Equal([1], one.Bindings));
            await node.Client.Consumers.AcknowledgeAsync(name, new[] { new Acknowledgement(delivered[1].Id) });
            var left = policy switch { AckPolicy.None => 0, AckPolicy.All => 1, _ => 2 };
            Assert.Equal((policy, left, 0), (policy, (await node.Client.Consumers.GetAsync(name)).State!.Pending, (await node.Client.Consumers.GetAsync(name)).State!.Waiting));
        }
    }

    [Theory, BothWays]
    public async Task Each_delivery_waits_for_its_own_pause(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { AckWait = TimeSpan.FromSeconds(1), BackOff = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)] });
        await node.AppendAsync("orders.a", "1");
        var seen = new List<string>();
        for (var second = 0; second <= 12; second++)
        {
            seen.AddRange((await FetchAsync(node)).Select(one => $"{second}s:{one.Mark.DeliveryCount}"));
            node.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal("0s:1 1s:2 6s:3 11s:4", string.Join(' ', seen));
    }

    [Theory, BothWays]
    public async Task Who_is_still_at_work_keeps_its_record_and_its_note(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { AckWait = TimeSpan.FromSeconds(10) });
        await node.AppendAsync("orders.a", "1", "2");
        var delivered = await FetchAsync(node);
        for (var i = 0; i < 3; i++)
        {
            node.Time.Advance(TimeSpan.FromSeconds(6));
            await node.Client.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(delivered[0].Id, AckKind.Progress) { Note = 77 } });
        }
        Assert.Equal("2:2", Counts(await FetchAsync(node)));
        node.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(["1 2 77", "2 3 0"], (await FetchAsync(node)).Select(one => $"{one.Value} {one.Mark.DeliveryCount} {one.Mark.Note}"));
    }

    [Theory, BothWays]
    public async Task An_answer_to_an_earlier_delivery_is_ignored(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        await node.AppendAsync("orders.a", "1");
        var first = await FetchAsync(node);
        await node.AnswerAsync(AckKind.Return, first);
        var second = await FetchAsync(node);
        await node.AnswerAsync(AckKind.Acknowledge, first);
        await node.AnswerAsync(AckKind.Terminate, first);
        Assert.Equal(1, (await node.StateAsync()).Pending);
        await node.AnswerAsync(AckKind.Acknowledge, second);
        Assert.Equal((0, 1, 0), ((await node.StateAsync()).Pending, (await node.StateAsync()).Acknowledged, (await node.StateAsync()).Dead));
    }

    [Theory, BothWays]
    public async Task What_is_rejected_or_delivered_too_often_goes_to_the_dead_letters(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { MaxDeliver = 2, DeadLetter = ToDead with { Subject = Subject.Parse("dead.orders") } });
        await node.Client.CreateAsync("dead", "dead.>");
        await node.AppendAsync("orders.a", "1", "2", "3");
        var first = await FetchAsync(node);
        await node.AnswerAsync(AckKind.Terminate, first[1]);
        await node.AnswerAsync(AckKind.Return, first[0]);
        await node.AnswerAsync(AckKind.Acknowledge, first[2]);
        await node.AnswerAsync(AckKind.Return, await FetchAsync(node));
        Assert.Equal(["2 rejected 1 orders/0/1", "1 deliveries 2 orders/0/0"], await node.DeadAsync("dead", 2));
        var state = await node.StateAsync();
        Assert.Equal((0, 0, 2, 1), (state.Waiting, state.Pending, state.Dead, state.Acknowledged));
    }

    [Theory, BothWays]
    public async Task Without_a_place_for_dead_letters_they_are_dropped(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { DeadLetter = ToDead });
        await node.AppendAsync("orders.a", "1");
        await node.AnswerAsync(AckKind.Terminate, await FetchAsync(node));
        await Eventually.TrueAsync(async () => await node.StateAsync() is { Dead: 1, Pending: 0, Waiting: 0 }, "the record is given up");
    }

    [Theory, BothWays]
    public async Task What_expires_goes_to_the_dead_letters_before_it_goes(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { DeadLetter = ToDead, RecordTtl = TimeSpan.FromHours(1) });
        await node.Client.CreateAsync("dead", "dead.>");
        var now = node.Time.NowMs;
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "old"));
        Assert.Equal(["old expired 0 orders/0/0"], await node.DeadAsync("dead", 1));
        await node.Client.AppendAsync("orders", TimedBatch.Record("orders.a", "short", now, expiresAtMs: now + 1_000));
        await node.Client.AppendAsync("orders", TimedBatch.Record("orders.a", "long", now));
        node.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("short expired 0 orders/0/1", (await node.DeadAsync("dead", 2)).Last());
        Assert.Equal("long:1", Counts(await FetchAsync(node)));
        node.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("", Counts(await FetchAsync(node)));
        Assert.Equal("long expired 1 orders/0/2", (await node.DeadAsync("dead", 3)).Last());
    }

    [Theory, BothWays]
    public async Task No_more_than_allowed_is_out_at_once(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain() with { MaxPending = 3 });
        var (one, two) = (new RecordingMember(), new RecordingMember());
        await using var first = node.Join("one", one);
        await using var second = node.Join("two", two);
        await one.WaitForEventAsync("joined True");
        await two.WaitForEventAsync("joined True");
        await node.AppendAsync("orders.a", "1", "2", "3", "4", "5");
        await Eventually.TrueAsync(() => one.Delivered.Count + two.Delivered.Count == 3, "three are out");
        Assert.Equal((2, 3), ((await node.StateAsync()).Waiting, (await node.StateAsync()).Pending));
        first.Acknowledge(new Acknowledgement(one.Delivered[0].Id));
        await Eventually.TrueAsync(() => one.Delivered.Count + two.Delivered.Count == 4, "one more is out");
        Assert.Equal("", Counts(await FetchAsync(node)));
    }
}
