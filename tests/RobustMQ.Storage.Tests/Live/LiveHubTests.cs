using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Live;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Live;

public sealed class LiveHubTests : IAsyncLifetime
{
    private readonly List<LiveSubscription> _subscriptions = [];
    private TestNode _test = null!;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync();

    public async Task DisposeAsync()
    {
        _subscriptions.ForEach(subscription => subscription.Dispose());
        await _test.DisposeAsync();
    }

    [Theory]
    [InlineData("a.b", "a.b")]
    [InlineData("a.*", "a.b,a.c")]
    [InlineData("a.>", "a.b,a.c,a.b.c")]
    [InlineData("**.c", "a.c,a.b.c,c")]
    [InlineData(">", "a.b,a.c,a.b.c,c")]
    public async Task A_subscription_gets_the_records_that_match_with_their_offsets(string filter, string expected)
    {
        var (subscriber, _) = Subscribe(filter);
        string[] subjects = ["a.b", "a.c", "a.b.c", "c"];
        await _test.AppendAsync("_live", TestBatch.Of("x"));
        var seenBefore = subscriber.Records.Length;
        await _test.AppendAsync("_live", TestBatch.Of(subjects));
        var wanted = expected.Split(',').Select(subject => $"{1 + Array.IndexOf(subjects, subject)}:{subject}").ToArray();
        await Eventually.TrueAsync(() => subscriber.Records.Length == seenBefore + wanted.Length, "delivery");
        Assert.Equal(wanted, subscriber.Records[seenBefore..]);
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task Live_copies_come_in_the_order_of_the_log_though_appends_do_not_wait_for_each_other(EngineKind engine)
    {
        const int Appends = 3_000;
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("box", engine);
        var subscriber = new RecordingSubscriber();
        using var subscription = disk.Node.Live.Subscribe("test", subscriber);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, 1);
        var appends = new List<Task<AppendResult>>(Appends);
        for (var append = 0; append < Appends; append++)
            appends.Add(disk.AppendAsync("box", TestBatch.Of($"box.{append}")));
        Assert.All(await Task.WhenAll(appends), static result => Assert.True(result.Succeeded));
        await Eventually.TrueAsync(() => subscriber.Records.Length == Appends, "delivery");
        Assert.Equal(Enumerable.Range(0, Appends).Select(static n => $"{n}:box.{n}"), subscriber.Records);
    }

    [Fact]
    public async Task A_record_that_matches_several_filters_comes_once()
    {
        var (subscriber, subscription) = Subscribe("a.*");
        subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("*.b"), null, 3);
        await _test.AppendAsync("_live", TestBatch.Of("a.b"));
        await Eventually.TrueAsync(() => subscriber.Records is ["0:a.b"], "delivery");
    }

    [Fact]
    public async Task The_subject_of_a_kafka_record_is_its_topics_name()
    {
        await _test.CreateAsync("orders", "orders");
        var (byName, _) = Subscribe("orders");
        var (byKey, _) = Subscribe("user-key");
        await _test.AppendAsync("orders", TestBatch.WithUserKey("user-key", "v"));
        await Eventually.TrueAsync(() => byName.Records is ["0:user-key"], "delivery");
        Assert.Empty(byKey.Records);
    }

    [Fact]
    public async Task The_origin_gets_no_copy_and_others_do()
    {
        var (origin, subscription) = Subscribe("a");
        var (other, _) = Subscribe("a");
        await _test.AppendAsync("_live", TestBatch.Of("a"), routing: new LiveRouting { Origin = subscription.Id });
        await Eventually.TrueAsync(() => other.Records.Length == 1, "delivery");
        Assert.Empty(origin.Records);
    }

    [Fact]
    public async Task Changed_interest_holds_for_the_next_append()
    {
        var (subscriber, subscription) = Subscribe("a");
        await _test.AppendAsync("_live", TestBatch.Of("a", "b"));
        subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a"), null, 0);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("b"), null, 1);
        await _test.AppendAsync("_live", TestBatch.Of("a", "b"));
        await Eventually.TrueAsync(() => subscriber.Records.Length == 2, "delivery");
        Assert.Equal(["0:a", "3:b"], subscriber.Records);
    }

    [Fact]
    public async Task Namespaces_do_not_hear_each_other()
    {
        var (subscriber, subscription) = Subscribe("other");
        subscription.SetInterest(Namespace.Parse("tenant"), SubjectFilter.All, null, 1);
        await _test.AppendAsync("_live", TestBatch.Of("a", "other"));
        await Eventually.TrueAsync(() => subscriber.Records.Length == 1, "delivery");
        Assert.Equal(["1:other"], subscriber.Records);
    }

    [Fact]
    public async Task The_hub_gives_each_record_to_one_member_of_each_queue_group_by_weight()
    {
        var (light, lightSubscription) = Subscribe("none");
        var (heavy, heavySubscription) = Subscribe("none");
        lightSubscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.>"), "q", 1);
        heavySubscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.*"), "q", 3);
        heavySubscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.*"), "r", 1);
        for (var i = 0; i < 40; i++)
            await _test.AppendAsync("_live", TestBatch.Of([.. Enumerable.Range(0, 50).Select(n => $"a.{n}")]));
        await Eventually.TrueAsync(() => light.Picks.Length + heavy.Picks.Length == 4_000, "delivery");
        Assert.Equal(2_000, heavy.Picks.Count(pick => pick.EndsWith("@r", StringComparison.Ordinal)));
        Assert.InRange(light.Picks.Length, 400, 600);
        Assert.All(light.Picks, pick => Assert.EndsWith("@q", pick));
    }

    [Fact]
    public async Task A_queue_group_is_not_given_to_the_origin()
    {
        var (origin, originSubscription) = Subscribe("none");
        var (other, otherSubscription) = Subscribe("none");
        originSubscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a"), "q", 1_000_000);
        otherSubscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("a"), "q", 1);
        await _test.AppendAsync("_live", TestBatch.Of("a"), routing: new LiveRouting { Origin = originSubscription.Id });
        await Eventually.TrueAsync(() => other.Picks is ["a@q"], "delivery");
        Assert.Empty(origin.Records);
    }

    [Fact]
    public async Task Where_the_origin_decided_only_its_picks_are_delivered()
    {
        var (one, oneSubscription) = Subscribe("none");
        var (two, twoSubscription) = Subscribe("none");
        oneSubscription.SetInterest(TestNode.Ns, SubjectFilter.All, "q", 1);
        twoSubscription.SetInterest(TestNode.Ns, SubjectFilter.All, "q", 1);
        QueuePick[] picks = [new(1, "q", twoSubscription.Id), new(3, "q", new SubscriberId(12_345)), new(4, "q", oneSubscription.Id)];
        await _test.AppendAsync("_live", TestBatch.Of("a", "b", "c", "gone", "d"), routing: new LiveRouting { QueuesDecided = true, Picks = picks });
        await Eventually.TrueAsync(() => one.Picks.Length + two.Picks.Length == 3, "delivery");
        Assert.Contains("b@q", two.Picks);
        Assert.Contains("d@q", one.Picks);
        Assert.Contains("gone@q", one.Picks.Concat(two.Picks));
    }

    [Fact]
    public async Task Peers_interest_is_told_on_connect_on_change_and_when_it_ends()
    {
        var (_, first) = Subscribe("a");
        first.SetInterest(TestNode.Ns, SubjectFilter.Parse("b"), "q", 2);
        var (watcher, own) = Subscribe("mine");
        await Eventually.TrueAsync(() => watcher.Peers.Length == 2, "what is there");
        first.SetInterest(TestNode.Ns, SubjectFilter.Parse("b"), "q", 5);
        await Eventually.TrueAsync(() => watcher.Peers.Length == 3, "the change");
        Assert.Equal(new PeerInterest(first.Id, TestNode.Ns, SubjectFilter.Parse("b"), "q", 5), watcher.Peers[2]);
        first.Dispose();
        await Eventually.TrueAsync(() => watcher.Peers.Length == 5, "the end");
        Assert.All(watcher.Peers[3..], peer => Assert.Equal(0, peer.Weight));
        Assert.DoesNotContain(watcher.Peers, peer => peer.Subscriber == own.Id);
    }

    [Fact]
    public async Task A_subscriber_may_change_its_interest_from_inside_a_delivery()
    {
        var (subscriber, subscription) = Subscribe("a");
        subscriber.OnDelivery = () => subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse("b"), null, 1);
        await _test.AppendAsync("_live", TestBatch.Of("a"));
        await _test.AppendAsync("_live", TestBatch.Of("b"));
        await Eventually.TrueAsync(() => subscriber.Records is ["0:a", "1:b"], "delivery");
    }

    [Fact]
    public async Task A_busy_subscriber_holds_up_nobody_and_is_told_what_it_missed()
    {
        await using var small = await TestNode.OpenAsync(new StorageOptions { SubscriberQueueBytesMax = 1_000 });
        // Appends that wait for their log to come into being have an order: they wait for the first.
        await small.AppendAsync("_live", TestBatch.Of("unheard"));
        using var gate = new ManualResetEventSlim();
        var busy = new RecordingSubscriber { OnDelivery = gate.Wait };
        using var subscription = small.Node.Live.Subscribe("busy", busy);
        subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, 1);
        var first = Task.Run(() => small.AppendAsync("_live", TestBatch.Of("first")));
        await Eventually.TrueAsync(() => small.Node.Stats.RecordsAppended == 2, "the first append");
        for (var i = 0; i < 100; i++)
            Assert.True((await small.AppendAsync("_live", TestBatch.Of("more"))).Succeeded);
        gate.Set();
        await first;
        await Eventually.TrueAsync(() => busy.Records.Length + busy.Dropped == 101, "the rest");
        Assert.True(busy.Dropped > 50);
        Assert.Equal(busy.Dropped, small.Node.Stats.LiveRecordsDropped);
    }

    [Fact]
    public async Task Records_of_one_publisher_keep_their_order_whatever_way_they_go()
    {
        var (subscriber, _) = Subscribe(">");
        var publishers = Enumerable.Range(0, 3).Select(p => Task.Run(async () =>
        {
            for (var i = 0; i < 1_000; i++)
                await _test.AppendAsync("_live", TestBatch.Of($"p{p}.{i}"));
        }));
        await Task.WhenAll(publishers);
        await Eventually.TrueAsync(() => subscriber.Records.Length == 3_000, "delivery");
        for (var p = 0; p < 3; p++)
        {
            var mine = subscriber.Records.Select(record => record.Split(':')[1]).Where(key => key.StartsWith($"p{p}.", StringComparison.Ordinal));
            Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"p{p}.{i}"), mine);
        }
    }

    [Fact]
    public async Task Ids_are_unique_over_incarnations()
    {
        var metadata = new Metadata.KeptMetadata();
        var ids = new HashSet<long>();
        for (var start = 0; start < 3; start++)
        {
            await using var node = await TestNode.OpenAsync(metadata: metadata);
            for (var i = 0; i < 3; i++)
                Assert.True(ids.Add(node.Node.Live.Subscribe("s", new RecordingSubscriber()).Id.Value));
        }
    }

    [Fact]
    public async Task Draining_ends_every_subscription_with_the_last_call()
    {
        var node = await TestNode.OpenAsync();
        var subscriber = new RecordingSubscriber();
        var subscription = node.Node.Live.Subscribe("s", subscriber);
        await node.DisposeAsync();
        await Eventually.TrueAsync(() => subscriber.IsDisconnected, "the last call");
        Assert.Equal(ErrorCode.Unavailable, subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, 1));
        Assert.Throws<StorageException>(() => node.Node.Live.Subscribe("late", subscriber));
    }

    [Fact]
    public void Wrong_interest_is_refused()
    {
        var (_, subscription) = Subscribe("a");
        Assert.Equal(ErrorCode.InvalidArgument, subscription.SetInterest(TestNode.Ns, SubjectFilter.All, null, -1));
        Assert.Equal(ErrorCode.InvalidArgument, subscription.SetInterest(TestNode.Ns, default, null, 1));
    }

    private (RecordingSubscriber Subscriber, LiveSubscription Subscription) Subscribe(string filter)
    {
        var subscriber = new RecordingSubscriber();
        var subscription = _test.Node.Live.Subscribe("test", subscriber);
        Assert.Equal(subscription.Id, subscriber.Id);
        Assert.Equal(ErrorCode.None, subscription.SetInterest(TestNode.Ns, SubjectFilter.Parse(filter), null, 1));
        _subscriptions.Add(subscription);
        return (subscriber, subscription);
    }
}
