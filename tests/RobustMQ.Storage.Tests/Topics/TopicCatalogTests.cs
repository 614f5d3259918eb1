using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Topics;

public sealed class TopicCatalogTests : IAsyncLifetime
{
    private TestNode _test = null!;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync();

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task A_topic_is_created_with_every_default_filled_in()
    {
        var topic = await _test.CreateAsync("orders");
        Assert.Equal(EngineKind.Memory, topic.Spec.Engine);
        Assert.Equal(1, topic.Spec.Partitions);
        Assert.Equal(Durability.Accepted, topic.Spec.Durability);
        Assert.Equal("orders", Assert.Single(topic.Spec.Filters).Value);
        Assert.True(topic.Spec.MaxBatchBytes > 0 && topic.Spec.Retention.MaxBytes > 0);
        Assert.Equal(topic, (await _test.Node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("orders"))).Topic);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_answered_with_its_topic()
    {
        var topic = await _test.CreateAsync("orders");
        var again = await _test.Node.Topics.CreateAsync(TestNode.Spec("orders"));
        Assert.Equal(ErrorCode.AlreadyExists, again.Error);
        Assert.Equal(topic, again.Topic);
    }

    [Theory]
    [InlineData("orders.>", "orders.eu.*")]
    [InlineData("orders.*.new", "orders.eu.>")]
    [InlineData("**.new", "orders.eu.new")]
    [InlineData("a.b", "a.b")]
    [InlineData("*.b", "a.*")]
    [InlineData("a.**", "a")]
    public async Task Filters_that_share_subjects_are_refused_in_both_orders(string one, string other)
    {
        await _test.CreateAsync("first", one);
        Assert.Equal(ErrorCode.FilterOverlap, (await _test.Node.Topics.CreateAsync(TestNode.Spec("second", "unrelated", other))).Error);
        await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("first"));
        await _test.CreateAsync("second", other);
        Assert.Equal(ErrorCode.FilterOverlap, (await _test.Node.Topics.CreateAsync(TestNode.Spec("first", one))).Error);
    }

    [Fact]
    public async Task The_same_filter_in_another_namespace_is_no_overlap()
    {
        await _test.CreateAsync("orders", "orders.>");
        await _test.CreateAsync(TestNode.Spec("orders", "orders.>") with { Namespace = Namespace.Parse("other") });
    }

    [Fact]
    public async Task A_subject_belongs_to_the_topic_with_its_filter_and_otherwise_to_live()
    {
        var orders = await _test.CreateAsync("orders", "orders.*.new", "orders.**.paid");
        Assert.Equal(orders, await OwnerAsync("orders.eu.new"));
        Assert.Equal(orders, await OwnerAsync("orders.paid"));
        Assert.Equal(TopicName.Live, (await OwnerAsync("orders.eu.old")).Name);
        Assert.Equal(TopicName.Live, (await OwnerAsync("x", Namespace.Parse("never.seen.before"))).Name);
    }

    [Fact]
    public async Task Live_cannot_be_created_or_deleted_and_its_retention_can_change()
    {
        Assert.Equal(ErrorCode.InvalidArgument, (await _test.Node.Topics.CreateAsync(TestNode.Spec("_live"))).Error);
        Assert.Equal(ErrorCode.Unsupported, await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Live));
        await _test.Node.Topics.GetAsync(TestNode.Ns, TopicName.Live);
        var changed = await _test.Node.Topics.UpdateAsync(new TopicSpec { Name = TopicName.Live, Retention = new Retention { MaxBytes = 1 } });
        Assert.True(changed.Succeeded);
        await _test.AppendAsync("_live", TestBatch.Of("a"));
        Assert.Empty(await _test.ReadAsync("_live"));
    }

    [Fact]
    public async Task What_the_node_cannot_do_is_refused_by_name()
    {
        var topics = _test.Node.Topics;
        Assert.Equal(ErrorCode.Unsupported, (await topics.CreateAsync(TestNode.Spec("t") with { Engine = EngineKind.RocksDb })).Error);
        Assert.Equal(ErrorCode.Unsupported, (await topics.CreateAsync(TestNode.Spec("t") with { Durability = Durability.Durable })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Partitions = 1025 })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Partitions = -1 })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Retention = new Retention { MaxBytes = -1 } })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Filters = [default] })).Error);
        Assert.Equal(ErrorCode.NotFound, (await topics.UpdateAsync(TestNode.Spec("t"))).Error);
        Assert.Equal(ErrorCode.NotFound, await topics.DeleteAsync(TestNode.Ns, TopicName.Parse("t")));
    }

    [Fact]
    public async Task An_update_keeps_what_it_leaves_out_and_respects_the_revision()
    {
        var topic = await _test.CreateAsync(TestNode.Spec("orders", "orders.>") with { DedupWindowMs = 5 });
        var updated = await _test.Node.Topics.UpdateAsync(new TopicSpec { Name = topic.Name, Partitions = 3 }, topic.Revision);
        Assert.True(updated.Succeeded);
        Assert.Equal("orders.>", Assert.Single(updated.Topic!.Spec.Filters).Value);
        Assert.True(updated.Topic.Revision > topic.Revision);
        Assert.Equal(ErrorCode.None, (await _test.Node.Logs.OffsetsAsync(TestNode.Log("orders", 2))).Error);
        Assert.Equal(ErrorCode.RevisionMismatch, (await _test.Node.Topics.UpdateAsync(updated.Topic.Spec, topic.Revision)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await _test.Node.Topics.UpdateAsync(new TopicSpec { Name = topic.Name, Partitions = 2 })).Error);
    }

    [Fact]
    public async Task A_deleted_topic_is_gone_with_its_records_and_another_of_its_name_is_empty()
    {
        var first = await _test.CreateAsync("orders");
        await _test.AppendAsync("orders", TestBatch.Of("orders"));
        Assert.Equal(ErrorCode.None, await _test.Node.Topics.DeleteAsync(TestNode.Ns, first.Name));
        Assert.Equal(ErrorCode.NotFound, (await _test.AppendAsync("orders", TestBatch.Of("orders"))).Error);
        var second = await _test.CreateAsync("orders");
        Assert.NotEqual(first.Id, second.Id);
        Assert.Empty(await _test.ReadAsync("orders"));
    }

    [Fact]
    public async Task Lists_are_in_order_and_hide_internal_topics_unless_asked()
    {
        await _test.CreateAsync("b");
        await _test.CreateAsync("a");
        Assert.Equal(["a", "b"], (await _test.Node.Topics.ListAsync(TestNode.Ns, false)).Select(topic => topic.Name.Value));
        Assert.Equal(["_live", "a", "b"], (await _test.Node.Topics.ListAsync(null, true)).Select(topic => topic.Name.Value));
        Assert.Empty(await _test.Node.Topics.ListAsync(Namespace.Parse("other"), true));
    }

    [Fact]
    public async Task A_watch_tells_what_is_there_and_then_every_change()
    {
        await _test.CreateAsync("a");
        await using var watch = _test.Node.Topics.WatchAsync(TestNode.Ns, false).GetAsyncEnumerator();
        Assert.Equal("Put a", await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        await _test.CreateAsync("b");
        await _test.Node.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("a"));
        Assert.Equal("Put b", await NextAsync(watch));
        Assert.Equal("Deleted a", await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_from_a_revision_gets_the_changes_behind_it()
    {
        var first = await _test.CreateAsync("a");
        await _test.CreateAsync("b");
        await using var watch = _test.Node.Topics.WatchAsync(TestNode.Ns, false, first.Revision).GetAsyncEnumerator();
        Assert.Equal("Put b", await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_whose_changes_are_forgotten_starts_over()
    {
        await using var small = await TestNode.OpenAsync(new StorageOptions { WatchHistory = 2 });
        var first = await small.CreateAsync("a");
        foreach (var name in new[] { "b", "c", "d" })
            await small.CreateAsync(name);
        await using var watch = small.Node.Topics.WatchAsync(TestNode.Ns, false, first.Revision).GetAsyncEnumerator();
        Assert.Equal("Reset ", await NextAsync(watch));
        foreach (var name in new[] { "a", "b", "c", "d" })
            Assert.Equal("Put " + name, await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_ends_when_the_node_drains()
    {
        var node = await TestNode.OpenAsync();
        await using var watch = node.Node.Topics.WatchAsync(null, true).GetAsyncEnumerator();
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        var next = watch.MoveNextAsync();
        await node.DisposeAsync();
        Assert.False(await next);
    }

    [Fact]
    public async Task Ten_thousand_topics_with_wildcards_are_created_and_routed()
    {
        await Parallel.ForAsync(0, 10_000, async (i, _) => await _test.CreateAsync($"topic-{i}", $"fleet.car{i}.>", $"shop.*.item{i}"));
        Assert.Equal("topic-4711", (await OwnerAsync("fleet.car4711.speed")).Name.Value);
        Assert.Equal("topic-4712", (await OwnerAsync("shop.berlin.item4712")).Name.Value);
        Assert.Equal(ErrorCode.FilterOverlap, (await _test.Node.Topics.CreateAsync(TestNode.Spec("late", "fleet.*.speed"))).Error);
    }

    private async Task<Topic> OwnerAsync(string subject, Namespace ns = default) =>
        (await _test.Node.Topics.GetBySubjectAsync(ns, Subject.Parse(subject))).Topic!;

    private static async Task<string> NextAsync(IAsyncEnumerator<TopicEvent> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Eventually.Deadline));
        return $"{watch.Current.Kind} {watch.Current.Topic?.Name}";
    }
}
