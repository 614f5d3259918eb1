using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class ConsumerContract
{
    [Theory, EveryAdapter]
    public async Task A_consumer_keeps_everything_that_was_said_about_it(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync(TestNode.Spec("orders", "orders.>"));
        var spec = new ConsumerSpec
        {
            Consumer = Name,
            Bindings = [Binding(1, "orders.*.new") with { Start = ConsumerStart.At(new Offset(0)) }, Binding(7)],
            AckPolicy = AckPolicy.Explicit,
            AckWait = TimeSpan.FromSeconds(30),
            BackOff = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)],
            MaxDeliver = 4,
            DeadLetter = new DeadLetterPolicy { Topic = TopicName.Parse("dead"), Subject = Subject.Parse("dead.orders") },
            MaxPending = 100,
            Start = ConsumerStart.New,
            Members = MemberPolicy.SingleActive,
            StoreDeliveries = true,
            AckDurability = Durability.Written,
            Backlog = new BacklogLimit { MaxRecords = 10, MaxBytes = 1000, Overflow = BacklogOverflow.RefuseAppends },
            RecordTtl = TimeSpan.FromMinutes(1),
            InactiveExpiry = TimeSpan.FromMinutes(2),
            PausedUntilMs = 12,
            DeleteWithTopics = true,
            Labels = new Dictionary<string, string> { ["durable"] = "yes" },
        };
        var created = await node.Client.Consumers.CreateAsync(spec);
        Assert.Equal((ErrorCode.None, null), (created.Error, created.Message));
        Assert.Equivalent(spec, created.State!.Spec, strict: true);
        Assert.Equal((1, node.Time.NowMs), (created.State.Revision, created.State.CreatedMs));
        var again = await node.Client.Consumers.CreateAsync(spec with { MaxDeliver = 5 });
        Assert.Equal((ErrorCode.AlreadyExists, 4), (again.Error, again.State!.Spec.MaxDeliver));
        Assert.Equivalent(spec, (await node.Client.Consumers.GetAsync(Name)).State!.Spec, strict: true);
        Assert.Equal(ErrorCode.RevisionMismatch, (await node.Client.Consumers.UpdateAsync(spec with { MaxDeliver = 5 }, 99)).Error);
        Assert.Equal(5, (await node.Client.Consumers.UpdateAsync(spec with { MaxDeliver = 5 }, 1)).State!.Spec.MaxDeliver);
        Assert.Equal(Name, Assert.Single(await node.Client.Consumers.ListAsync(new ConsumerQuery { NamePrefix = "js/", Topic = TopicName.Parse("orders") })).Spec.Consumer);
        Assert.Empty(await node.Client.Consumers.ListAsync(new ConsumerQuery { NamePrefix = "mqtt/" }));
        Assert.Equal(ErrorCode.None, (await node.Client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = Name })).Error);
        Assert.Equal(ErrorCode.NotFound, (await node.Client.Consumers.GetAsync(Name)).Error);
    }

    [Theory, EveryAdapter]
    public async Task A_member_gets_what_matches_as_far_as_its_credit_goes(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1, "orders.a"), Binding(2, "orders.*")] });
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1", "2"));
        var member = new RecordingMember();
        await using var membership = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "m", CreditRecords = 3 }, member);
        await member.WaitForAsync(2);
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.b", "3", "4"));
        var delivered = await member.WaitForAsync(3);
        Assert.Equal(["1 2 1 1,2", "2 2 2 1,2", "3 1 3 2"], delivered.Select(one => $"{one.Value} {one.Mark.BindingCount} {one.Mark.Sequence} {string.Join(',', one.Bindings)}"));
        foreach (var one in delivered)
            membership.Acknowledge(new Acknowledgement(one.Id));
        Assert.Equal(ErrorCode.None, await membership.SyncAsync());
        var state = (await node.Client.Consumers.GetAsync(Name)).State!;
        Assert.Equal((1, 0, 3, 3), (state.Waiting, state.Pending, state.Acknowledged, state.LastSequence));
        Assert.Equal(3, Assert.Single(state.Positions).AckFloor.Value);
        membership.AddCredit(1);
        Assert.Equal("4", (await member.WaitForAsync(4))[3].Value);
    }

    [Theory, EveryAdapter]
    public async Task What_is_fetched_and_not_acknowledged_comes_again_when_its_time_is_over(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)], AckWait = TimeSpan.FromSeconds(30) });
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1", "2", "3"));
        var first = await FetchAsync(node, 2);
        Assert.Equal("1 2", Values(first));
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first[0].Id) }));
        Assert.Equal("3", Values(await FetchAsync(node, 9)));
        Assert.Empty(await FetchAsync(node, 9));
        node.Time.Advance(TimeSpan.FromSeconds(31));
        var again = await FetchAsync(node, 9);
        Assert.Equal(["2 2 2", "3 2 3"], again.Select(one => $"{one.Value} {one.Mark.DeliveryCount} {one.Mark.Sequence}"));
    }

    [Theory, EveryAdapter]
    public async Task What_is_given_back_waits_for_its_delay_and_what_is_released_does_not_count(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)], MaxDeliver = 2 });
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1", "2"));
        var first = await FetchAsync(node, 2);
        var answers = new[]
        {
            new Acknowledgement(first[0].Id, AckKind.Return) { Delay = TimeSpan.FromSeconds(5) },
            new Acknowledgement(first[1].Id, AckKind.Release),
        };
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.AcknowledgeAsync(Name, answers));
        Assert.Equal(["2 1"], (await FetchAsync(node, 9)).Select(one => $"{one.Value} {one.Mark.DeliveryCount}"));
        node.Time.Advance(TimeSpan.FromSeconds(6));
        // What was fetched without a time limit comes again, too; the second delivery of either is the last.
        Assert.Equal(["1 2", "2 2"], (await FetchAsync(node, 9)).Select(one => $"{one.Value} {one.Mark.DeliveryCount}"));
        Assert.Empty(await FetchAsync(node, 9));
        Assert.Equal(2, (await node.Client.Consumers.GetAsync(Name)).State!.Dead);
    }

    [Theory, EveryAdapter]
    public async Task In_priority_order_a_cumulative_acknowledgement_covers_what_was_handed_out_before(Adapter adapter)
    {
        var spec = new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)], PriorityOrder = true, AckPolicy = AckPolicy.All };
        await using var node = await OpenAsync(adapter, spec);
        foreach (var (value, priority) in new (string, int?)[] { ("n1", null), ("c1", 2), ("u1", 1), ("n2", null), ("c2", 2) })
            await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", value, priority));
        var first = await FetchAsync(node, 4);
        Assert.Equal("c1 c2 u1 n1", Values(first));
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first[2].Id) }));
        Assert.Equal("n1 n2", Values(await FetchAsync(node, 9)));
        await node.Client.AppendAsync("orders", DiskNode.Record("orders.a", "c3", 2));
        Assert.Equal("c3 n1 n2", Values(await FetchAsync(node, 9)));
    }

    [Theory, EveryAdapter]
    public async Task Members_share_records_and_what_one_leaves_behind_goes_to_the_others(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)] });
        var (first, second) = (new RecordingMember(), new RecordingMember());
        var one = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "one", CreditRecords = 2 }, first);
        await first.WaitForEventAsync("joined True");
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1", "2"));
        await first.WaitForAsync(2);
        await using var two = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "two", CreditRecords = 10 }, second);
        await second.WaitForEventAsync("joined True");
        await one.DisposeAsync();
        Assert.Equal(["1 2", "2 2"], (await second.WaitForAsync(2)).Select(delivered => $"{delivered.Value} {delivered.Mark.DeliveryCount}"));
    }

    [Theory, EveryAdapter]
    public async Task A_single_active_member_is_followed_by_the_next_and_a_fenced_one_is_told(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)], Members = MemberPolicy.SingleActive });
        var (first, newer, second) = (new RecordingMember(), new RecordingMember(), new RecordingMember());
        await using var one = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "one", MemberEpoch = 1, CreditRecords = 5 }, first);
        await first.WaitForEventAsync("joined True");
        await using var two = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "two", CreditRecords = 5 }, second);
        await second.WaitForEventAsync("joined False");
        var back = node.Client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = "one", MemberEpoch = 2, CreditRecords = 5 }, newer);
        await newer.WaitForEventAsync("joined True");
        await first.WaitForEventAsync("left Fenced");
        await back.DisposeAsync();
        await second.WaitForEventAsync("active True");
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1"));
        Assert.Equal("1", Assert.Single(await second.WaitForAsync(1)).Value);
    }

    [Theory, EveryAdapter]
    public async Task Bindings_come_and_go_at_the_records_that_are_there_then(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1, "orders.a")] });
        await AppendBothAsync(node, 1);
        var change = new BindingChange { Consumer = Name, Add = [Binding(2, "orders.b") with { Start = ConsumerStart.New }] };
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.BindAsync(change));
        Assert.Equal(ErrorCode.AlreadyExists, await node.Client.Consumers.BindAsync(change));
        await AppendBothAsync(node, 2);
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.BindAsync(new BindingChange { Consumer = Name, Remove = [1] }));
        await AppendBothAsync(node, 3);
        Assert.Equal(4, (await node.Client.Consumers.GetAsync(Name)).State!.Waiting);
        Assert.Equal("a1 a2 b2 b3", Values(await TakeAsync(node, 9)));
        // One that begins further back brings what those that are still there did not have.
        var back = new BindingChange { Consumer = Name, Add = [Binding(3, "orders.*") with { Start = ConsumerStart.All }] };
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.BindAsync(back));
        Assert.Equal("a1 b1 a2 a3", Values(await TakeAsync(node, 9)));
    }

    [Theory, EveryAdapter]
    public async Task A_reset_begins_again_and_a_purge_drops_what_waits(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)] });
        await node.Client.AppendAsync("orders", TestBatch.OfValues("orders.a", "1", "2", "3"));
        Assert.Equal("1 2 3", Values(await TakeAsync(node, 9)));
        Assert.Equal(2, (await node.Client.Consumers.ResetAsync(Name, ConsumerStart.At(new Offset(1)))).State!.Waiting);
        Assert.Equal("2", Values(await TakeAsync(node, 1)));
        Assert.Equal(new ConsumerRemoval(ErrorCode.None, 1), await node.Client.Consumers.PurgeAsync(Name));
        Assert.Empty(await FetchAsync(node, 9));
        Assert.Equal("3", Values(await TakeAfterResetAsync(node, ConsumerStart.Last)));
        Assert.Equal("3", Values(await TakeAfterResetAsync(node, ConsumerStart.LastPerSubject)));
        Assert.Empty(await TakeAfterResetAsync(node, ConsumerStart.New));
    }

    [Theory, EveryAdapter]
    public async Task Refusals_have_the_same_names_by_every_way(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1)] });
        var consumers = node.Client.Consumers;
        var absent = Name with { Name = "absent" };
        Assert.Equal(ErrorCode.NotFound, (await consumers.CreateAsync(new ConsumerSpec { Consumer = absent, Bindings = [Binding(1) with { Topic = TopicName.Parse("none") }] })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await consumers.CreateAsync(new ConsumerSpec { Consumer = absent, Bindings = [Binding(1), Binding(1)] })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await consumers.CreateAsync(new ConsumerSpec { Consumer = absent with { Name = new string('n', 513) } })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await consumers.CreateAsync(new ConsumerSpec { Consumer = absent, Bindings = [Binding(1)], AckDurability = Durability.Accepted })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await consumers.CreateAsync(new ConsumerSpec { Consumer = absent, Bindings = [Binding(1) with { Topic = null }] })).Error);
        Assert.Equal(ErrorCode.NotFound, (await consumers.FetchAsync(new FetchRequest { Consumer = absent })).Error);
        Assert.Equal(ErrorCode.NotFound, await consumers.AcknowledgeAsync(absent, Array.Empty<Acknowledgement>()));
        Assert.Equal(ErrorCode.NotFound, (await consumers.PurgeAsync(absent)).Error);
        var member = new RecordingMember();
        await using var membership = consumers.Join(new ConsumerJoin { Consumer = absent, Member = "m" }, member);
        await member.WaitForEventAsync("left NotFound");
        Assert.Equal(ErrorCode.Fenced, await membership.SyncAsync());
    }
}
