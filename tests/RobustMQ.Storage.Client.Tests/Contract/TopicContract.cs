using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class TopicContract
{
    [Theory, EveryAdapter]
    public async Task A_topic_keeps_everything_that_was_said_about_it(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var spec = new TopicSpec
        {
            Namespace = Namespace.Parse("tenant"),
            Name = TopicName.Parse("orders"),
            Engine = EngineKind.Segment,
            Partitions = 3,
            Retention = new Retention { MaxAgeMs = 1_000, MaxBytes = 1 << 30, MaxRecords = 77, MaxRecordsPerKey = 3 },
            Filters = [SubjectFilter.Parse("orders.>"), SubjectFilter.Parse("bills.*.new")],
            Durability = Durability.Written,
            MaxBatchBytes = 12_345,
            DedupWindowMs = 500,
            Labels = new Dictionary<string, string> { ["nats"] = "stream", [""] = "empty" },
        };
        var created = await node.Client.CreateAsync(spec);
        var got = await node.Client.Topics.GetAsync(spec.Namespace, spec.Name);
        foreach (var topic in new[] { created, got.Topic! })
        {
            Assert.Equivalent(spec, topic.Spec, strict: true);
            Assert.Equal(node.Time.NowMs, topic.CreatedMs);
            Assert.NotEqual(Guid.Empty, topic.Id);
        }
        Assert.Equal((created.Id, created.Revision), (got.Topic!.Id, got.Topic.Revision));
    }

    [Theory, EveryAdapter]
    public async Task Topics_are_created_updated_found_by_subject_listed_and_deleted(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var topics = node.Client.Topics;
        var orders = await node.Client.CreateAsync("orders", "orders.>");
        Assert.Equal(orders.Id, (await topics.GetBySubjectAsync(TestNode.Ns, Subject.Parse("orders.eu.new"))).Topic!.Id);
        Assert.Equal(TopicName.Live, (await topics.GetBySubjectAsync(TestNode.Ns, Subject.Parse("elsewhere"))).Topic!.Name);
        var updated = await topics.UpdateAsync(new TopicSpec { Name = orders.Name, Partitions = 2 }, orders.Revision);
        Assert.Equal(2, updated.Topic!.Spec.Partitions);
        Assert.Equal("orders.>", Assert.Single(updated.Topic.Spec.Filters).Value);
        Assert.Equal(["orders"], (await topics.ListAsync(TestNode.Ns, false)).Select(topic => topic.Name.Value));
        Assert.Contains(await topics.ListAsync(null, true), topic => topic.Name == TopicName.Live);
        Assert.Equal(ErrorCode.None, await topics.DeleteAsync(TestNode.Ns, orders.Name));
        Assert.Equal(ErrorCode.NotFound, (await topics.GetAsync(TestNode.Ns, orders.Name)).Error);
    }

    [Theory, EveryAdapter]
    public async Task Refusals_have_the_same_names_by_every_way(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var topics = node.Client.Topics;
        var orders = await node.Client.CreateAsync("orders", "orders.>");
        var again = await topics.CreateAsync(TestNode.Spec("orders", "orders.>"));
        Assert.Equal(ErrorCode.AlreadyExists, again.Error);
        Assert.Equal(orders.Id, again.Topic!.Id);
        Assert.Equal(ErrorCode.FilterOverlap, (await topics.CreateAsync(TestNode.Spec("second", "orders.eu.*"))).Error);
        Assert.Equal(ErrorCode.RevisionMismatch, (await topics.UpdateAsync(new TopicSpec { Name = orders.Name }, orders.Revision + 100)).Error);
        Assert.Equal(ErrorCode.NotFound, (await topics.UpdateAsync(TestNode.Spec("absent"))).Error);
        Assert.Equal(ErrorCode.NotFound, await topics.DeleteAsync(TestNode.Ns, TopicName.Parse("absent")));
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Partitions = -1 })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Filters = [default] })).Error);
        Assert.Equal(ErrorCode.InvalidArgument, (await topics.CreateAsync(TestNode.Spec("t") with { Name = default })).Error);
        var unsupported = await topics.CreateAsync(TestNode.Spec("t") with { Engine = EngineKind.Memory, Durability = Durability.Durable });
        Assert.Equal(ErrorCode.Unsupported, unsupported.Error);
        Assert.NotEmpty(unsupported.Message!);
    }

    [Theory, EveryAdapter]
    public async Task A_watch_tells_what_is_there_and_then_every_change(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await node.Client.CreateAsync("a");
        await using var watch = node.Client.Topics.WatchAsync(TestNode.Ns, false).GetAsyncEnumerator();
        Assert.Equal("Put a", await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        await node.Client.CreateAsync("b");
        await node.Client.Topics.DeleteAsync(TestNode.Ns, TopicName.Parse("a"));
        Assert.Equal("Put b", await NextAsync(watch));
        Assert.Equal("Deleted a", await NextAsync(watch));
    }

    [Theory, EveryAdapter]
    public async Task A_watch_ends_when_its_caller_withdraws(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        using var withdrawn = new CancellationTokenSource();
        await using var watch = node.Client.Topics.WatchAsync(null, true, withdrawn.Token).GetAsyncEnumerator();
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        var next = watch.MoveNextAsync().AsTask();
        await withdrawn.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Limits.Deadline));
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<TopicEvent> watch)
    {
        var change = await watch.NextAsync();
        return $"{change.Kind} {change.Topic?.Name}";
    }
}
