using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Nodes;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.StorageNode.Tests.Contract;

/// <summary>What a gateway may rely on, whichever adapter it stands on: the same calls, the same outcomes.</summary>
public abstract class StorageContract : IAsyncLifetime
{
    private static readonly Namespace Ns = Namespace.Parse("acme");
    private static readonly CancellationTokenSource Deadline = new(TimeSpan.FromMinutes(2));

    private protected IStorageClient Client { get; private set; } = null!;

    /// <summary>A second caller of the same node.</summary>
    private protected IStorageClient Other { get; private set; } = null!;

    private protected abstract Task<(IStorageClient First, IStorageClient Second)> OpenAsync();

    private protected abstract Task CloseAsync();

    public async Task InitializeAsync() => (Client, Other) = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    [Fact]
    public async Task A_topic_is_created_found_changed_listed_and_deleted()
    {
        var spec = Spec("orders", "orders.>", "returns.*") with
        {
            Partitions = 3,
            Retention = new Retention { MaxAgeMs = 60_000, MaxBytes = 1 << 20, MaxRecords = 100, MaxRecordsPerKey = 5 },
            DedupWindowMs = 1_000,
            MaxBatchBytes = 1 << 18,
            Labels = new Dictionary<string, string> { ["owner"] = "shop" },
        };
        var created = await Client.Topics.CreateAsync(spec);
        Assert.True(created.Succeeded, created.Message);
        var again = await Client.Topics.CreateAsync(spec);
        var found = (await Other.Topics.GetAsync(Ns, spec.Name)).Topic!;
        var bySubject = await Other.Topics.GetBySubjectAsync(Ns, Subject.Parse("orders.new"));

        Assert.Equal((ErrorCode.AlreadyExists, created.Topic!.Id), (again.Error, again.Topic!.Id));
        Assert.Equal((created.Topic.Id, created.Topic.Revision, created.Topic.CreatedMs), (found.Id, found.Revision, found.CreatedMs));
        Assert.Equal((3, spec.Retention, 1_000L, 1 << 18), (found.Spec.Partitions, found.Spec.Retention, found.Spec.DedupWindowMs, found.Spec.MaxBatchBytes));
        Assert.Equal(["orders.>", "returns.*"], found.Spec.Filters.Select(filter => filter.Value));
        Assert.Equal("shop", found.Spec.Labels["owner"]);
        Assert.Equal(found.Id, bySubject.Topic!.Id);

        var updated = await Client.Topics.UpdateAsync(found.Spec with { Retention = new Retention { MaxRecords = 7 } }, found.Revision);
        Assert.True(updated.Succeeded, updated.Message);
        Assert.Equal(7, updated.Topic!.Spec.Retention.MaxRecords);
        Assert.Equal(ErrorCode.RevisionMismatch, (await Client.Topics.UpdateAsync(found.Spec, found.Revision)).Error);

        Assert.Contains(await Other.Topics.ListAsync(Ns, includeInternal: false), topic => topic.Spec.Name == spec.Name);
        Assert.DoesNotContain(await Other.Topics.ListAsync(Ns, includeInternal: false), topic => topic.Spec.Name == TopicName.Live);
        Assert.Contains(await Other.Topics.ListAsync(null, includeInternal: true), topic => topic.Spec.Name == TopicName.Live);
        Assert.Equal(ErrorCode.None, await Client.Topics.DeleteAsync(Ns, spec.Name));
        Assert.Equal(ErrorCode.NotFound, (await Other.Topics.GetAsync(Ns, spec.Name)).Error);
        Assert.Equal(ErrorCode.NotFound, await Client.Topics.DeleteAsync(Ns, spec.Name));
    }

    [Fact]
    public async Task Topics_that_share_subjects_are_refused()
    {
        Assert.True((await Client.Topics.CreateAsync(Spec("first", "a.>"))).Succeeded);
        var second = await Client.Topics.CreateAsync(Spec("second", "*.b"));
        Assert.Equal(ErrorCode.FilterOverlap, second.Error);
        Assert.Contains("first", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_tells_of_topics_as_they_are_and_of_every_change()
    {
        await Client.Topics.CreateAsync(Spec("before", "before"));
        await using var watch = Other.Topics.WatchAsync(Ns, includeInternal: false, Deadline.Token).GetAsyncEnumerator();
        Assert.Equal("Put before", await NextAsync(watch));
        Assert.Equal("CaughtUp ", await NextAsync(watch));
        await Client.Topics.CreateAsync(Spec("after", "after"));
        Assert.Equal("Put after", await NextAsync(watch));
        await Client.Topics.DeleteAsync(Ns, TopicName.Parse("before"));
        Assert.Equal("Deleted before", await NextAsync(watch));
    }

    [Fact]
    public async Task Appends_are_read_back_in_order_from_every_start()
    {
        await CreateAsync("log", "log.>");
        var first = await AppendAsync("log", TestBatch.At(1_000, "log.a", "log.b"));
        var second = await AppendAsync("log", TestBatch.At(2_000, "log.a"));
        Assert.Equal((0L, 2L), (first.BaseOffset.Value, second.BaseOffset.Value));

        Assert.Equal("0:log.a 1:log.b 2:log.a", await ReadAsync(new ReadRequest { Log = Log("log") }));
        Assert.Equal("2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Offset = new Offset(2) }));
        Assert.Equal("2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.Time, TimeMs = 1_500 }));
        Assert.Equal("0:log.a 1:log.b 2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.First }));
        Assert.Equal("2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.Last }));
        Assert.Equal("1:log.b 2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.LastPerKey }));
        Assert.Equal("0:log.a 2:log.a", await ReadAsync(new ReadRequest { Log = Log("log"), Filters = [SubjectFilter.Parse("*.a")] }));
        using var beyond = await Client.Logs.ReadAsync(new ReadRequest { Log = Log("log"), Offset = new Offset(9) });
        Assert.Equal(ErrorCode.OffsetOutOfRange, beyond.Error);
        using var absent = await Client.Logs.ReadAsync(new ReadRequest { Log = Log("nothing") });
        Assert.Equal(ErrorCode.NotFound, absent.Error);
    }

    [Fact]
    public async Task A_read_waits_for_what_is_not_there_yet()
    {
        await CreateAsync("log", "log");
        var reading = Other.Logs.ReadAsync(new ReadRequest { Log = Log("log"), MaxWait = TimeSpan.FromSeconds(30) }).AsTask();
        await AppendAsync("log", TestBatch.Of("log"));
        using var read = await reading.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("log", Assert.Single(TestBatch.Read(read.Batches.Span)).Key);
    }

    [Fact]
    public async Task Bad_batches_and_impossible_durability_are_refused()
    {
        await CreateAsync("log", "log");
        var broken = TestBatch.Of("log");
        broken[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptBatch, (await AppendAsync("log", broken)).Error);
        Assert.Equal(ErrorCode.CorruptBatch, (await AppendAsync("log", broken[..30])).Error);
        Assert.Equal(ErrorCode.NotFound, (await AppendAsync("absent", TestBatch.Of("log"))).Error);
        Assert.Equal(ErrorCode.Unsupported, (await Client.Logs.AppendAsync(
            new AppendRequest { Log = Log("log"), Batch = TestBatch.Of("log"), Durability = Durability.Durable })).Error);
        Assert.Equal(string.Empty, await ReadAsync(new ReadRequest { Log = Log("log") }));
    }

    [Fact]
    public async Task Preconditions_hold_in_the_logs_own_order()
    {
        await CreateAsync(Spec("log", "log.>") with { DedupWindowMs = 60_000 });
        Assert.Equal(ErrorCode.None, (await AppendAsync("log", TestBatch.Of("log.a"), new AppendConditions { ExpectedLastOffset = Offset.None })).Error);
        Assert.Equal(ErrorCode.OffsetMismatch, (await AppendAsync("log", TestBatch.Of("log.a"), new AppendConditions { ExpectedLastOffset = Offset.None })).Error);
        Assert.Equal(ErrorCode.None, (await AppendAsync("log", TestBatch.Of("log.b"), new AppendConditions { ExpectedLastOffsetForKey = Offset.None })).Error);
        Assert.Equal(ErrorCode.OffsetMismatch, (await AppendAsync("log", TestBatch.Of("log.b"), new AppendConditions { ExpectedLastOffsetForKey = new Offset(0) })).Error);
        var first = await AppendAsync("log", TestBatch.Of("log.c"), new AppendConditions { MessageId = "m1" });
        var again = await AppendAsync("log", TestBatch.Of("log.c"), new AppendConditions { MessageId = "m1" });
        Assert.Equal((false, true, first.BaseOffset), (first.IsDuplicate, again.IsDuplicate, again.BaseOffset));
        Assert.Equal("0:log.a 1:log.b 2:log.c", await ReadAsync(new ReadRequest { Log = Log("log") }));
    }

    [Fact]
    public async Task An_idempotent_producer_stores_each_sequence_once_and_the_newest_epoch_wins()
    {
        await CreateAsync("log", "log");
        var producer = await Client.Node.AllocateProducerAsync();
        var first = await AppendAsync("log", TestBatch.ByProducer(producer.ProducerId, producer.Epoch, 0, "log"));
        var repeat = await AppendAsync("log", TestBatch.ByProducer(producer.ProducerId, producer.Epoch, 0, "log"));
        var gap = await AppendAsync("log", TestBatch.ByProducer(producer.ProducerId, producer.Epoch, 5, "log"));
        var next = await Client.Node.AllocateProducerAsync(producer.ProducerId);
        await AppendAsync("log", TestBatch.ByProducer(next.ProducerId, next.Epoch, 0, "log"));
        var old = await AppendAsync("log", TestBatch.ByProducer(producer.ProducerId, producer.Epoch, 1, "log"));

        Assert.Equal((ErrorCode.None, ErrorCode.None), (first.Error, repeat.Error));
        Assert.Equal((true, first.BaseOffset), (repeat.IsDuplicate, repeat.BaseOffset));
        Assert.Equal((ErrorCode.OutOfSequence, ErrorCode.Fenced), (gap.Error, old.Error));
        Assert.Equal((producer.ProducerId, producer.Epoch + 1), (next.ProducerId, next.Epoch));
    }

    [Fact]
    public async Task Offsets_and_deletes_say_what_is_left()
    {
        await CreateAsync("log", "log.>");
        await AppendAsync("log", TestBatch.At(1_000, "log.a", "log.b", "log.a", "log.c"));
        var offsets = await Client.Logs.OffsetsAsync(Log("log"), timeMs: 500);
        Assert.Equal((0L, 4L, 0L, 1_000L, 4L), (offsets.Start.Value, offsets.End.Value, offsets.AtTime.Value, offsets.AtTimeTimestampMs, offsets.RecordCount));

        Assert.Equal(1, (await Client.Logs.DeleteAsync(new DeleteRequest { Log = Log("log"), Filter = SubjectFilter.Parse("log.a"), Keep = 1 })).DeletedRecords);
        Assert.Equal("1:log.b 2:log.a 3:log.c", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.First }));
        Assert.Equal(1, (await Client.Logs.DeleteAsync(new DeleteRequest { Log = Log("log"), Offsets = [new Offset(2)] })).DeletedRecords);
        Assert.Equal(3, (await Client.Logs.DeleteAsync(new DeleteRequest { Log = Log("log"), BeforeOffset = new Offset(3) })).LogStartOffset.Value);
        Assert.Equal("3:log.c", await ReadAsync(new ReadRequest { Log = Log("log"), Start = ReadStart.First }));
        Assert.Equal(ErrorCode.NotFound, (await Client.Logs.OffsetsAsync(Log("absent"))).Error);
    }

    [Fact]
    public async Task A_feed_brings_what_its_interest_matches_but_not_its_own()
    {
        var mine = new RecordingReceiver();
        var theirs = new RecordingReceiver();
        await using var myFeed = Client.Logs.Subscribe("mine", mine);
        await using var theirFeed = Other.Logs.Subscribe("theirs", theirs);
        myFeed.SetInterest(Ns, SubjectFilter.Parse("a.*"), null, 1);
        theirFeed.SetInterest(Ns, SubjectFilter.Parse("a.>"), null, 1);
        await SyncAsync(myFeed, theirFeed);

        await PublishAsync(Client, myFeed.Id, "a.1", "b", "a.1.2");
        await PublishAsync(Other, theirFeed.Id, "a.2");
        await Eventually.TrueAsync(() => theirs.Records is ["a.1", "a.1.2"] && mine.Records is ["a.2"], "deliveries");

        myFeed.SetInterest(Ns, SubjectFilter.Parse("a.*"), null, 0);
        myFeed.SetInterest(Ns, SubjectFilter.Parse("c"), null, 1);
        await SyncAsync(myFeed);
        await PublishAsync(Other, theirFeed.Id, "a.3", "c");
        await Eventually.TrueAsync(() => mine.Records is ["a.2", "c"], "deliveries after a change of interest");
    }

    [Fact]
    public async Task Peers_hear_of_each_others_interest_and_picks_reach_the_picked_one()
    {
        var worker = new RecordingReceiver();
        var publisher = new RecordingReceiver();
        await using var workerFeed = Client.Logs.Subscribe("worker", worker);
        workerFeed.SetInterest(Ns, SubjectFilter.Parse("jobs"), "workers", 2);
        await SyncAsync(workerFeed);
        await using var publisherFeed = Other.Logs.Subscribe("publisher", publisher);
        var expected = new PeerInterest(workerFeed.Id, Ns, SubjectFilter.Parse("jobs"), "workers", 2);
        await Eventually.TrueAsync(() => publisher.Peers.Contains(expected), "peer interest");

        var result = await Other.Logs.AppendAsync(new AppendRequest
        {
            Log = new TopicPartition(Ns, TopicName.Live, 0),
            Batch = TestBatch.Of("jobs", "jobs"),
            Routing = new LiveRouting { Origin = publisherFeed.Id, QueuesDecided = true, Picks = new[] { new QueuePick(1, "workers", workerFeed.Id) }, LiveOnly = true },
        });

        Assert.Equal((ErrorCode.None, Offset.None), (result.Error, result.BaseOffset));
        await Eventually.TrueAsync(() => worker.Records is ["jobs@workers"], "the picked record");
        await workerFeed.DisposeAsync();
        await Eventually.TrueAsync(() => publisher.Peers.Contains(expected with { Weight = 0 }), "the end of peer interest");
    }

    [Fact]
    public async Task A_lease_has_one_holder_who_is_fenced_when_it_is_taken_away()
    {
        var ttl = TimeSpan.FromSeconds(30);
        await using var watch = Other.Node.WatchLeasesAsync("gateways/", Deadline.Token).GetAsyncEnumerator();
        Assert.Equal(LeaseEventKind.CaughtUp, await NextKindAsync(watch));
        var first = await Client.Node.AcquireLeaseAsync("gateways/1", "ann", "one"u8.ToArray(), ttl);
        var held = await Other.Node.AcquireLeaseAsync("gateways/1", "bob", default, ttl);
        var renewed = await Client.Node.RenewLeaseAsync("gateways/1", first.Lease!.Revision, "two"u8.ToArray());
        var stolen = await Other.Node.AcquireLeaseAsync("gateways/1", "bob", default, ttl, steal: true);
        var late = await Client.Node.RenewLeaseAsync("gateways/1", renewed.Lease!.Revision);

        Assert.Equal((ErrorCode.LeaseHeld, "ann"), (held.Error, held.Lease!.Holder));
        Assert.Equal("two"u8.ToArray(), renewed.Lease.Value.ToArray());
        Assert.Equal(("bob", ttl), (stolen.Lease!.Holder, stolen.Lease.Ttl));
        Assert.Equal(ErrorCode.Fenced, late.Error);
        Assert.Equal("bob", (await Client.Node.GetLeaseAsync("gateways/1")).Lease!.Holder);
        Assert.Equal(ErrorCode.None, (await Other.Node.ReleaseLeaseAsync("gateways/1", stolen.Lease.Revision)).Error);
        Assert.Equal(ErrorCode.NotFound, (await Client.Node.GetLeaseAsync("gateways/1")).Error);
        for (var put = 0; put < 3; put++)
            Assert.Equal(LeaseEventKind.Put, await NextKindAsync(watch));
        Assert.Equal(LeaseEventKind.Released, await NextKindAsync(watch));
    }

    [Fact]
    public async Task The_node_says_who_it_is_and_how_it_is()
    {
        var identity = await Client.Node.IdentityAsync();
        var health = await Client.Node.HealthAsync();
        await CreateAsync("log", "log");
        await AppendAsync("log", TestBatch.Of("log", "log"));
        var stats = await Client.Node.StatsAsync();

        Assert.True(identity.NodeId.Length == 32 && identity.Incarnation >= 1);
        Assert.True(health.IsReady);
        Assert.Contains(health.Stages, stage => stage is { Name: "serving", IsHealthy: true });
        Assert.True(stats.RecordsAppended >= 2 && stats.Topics >= 2 && stats.Uptime > TimeSpan.Zero);
    }

    [Fact]
    public async Task Many_appends_at_once_keep_their_order()
    {
        await CreateAsync("log", "log");
        const int Count = 2_000;
        var appends = new Task<AppendResult>[Count];
        for (var at = 0; at < Count; at++)
            appends[at] = Client.Logs.AppendAsync(new AppendRequest { Log = Log("log"), Batch = TestBatch.OfValues("log", $"{at}") }).AsTask();
        for (var at = 0; at < Count; at++)
        {
            var result = await appends[at];
            Assert.Equal((ErrorCode.None, (long)at), (result.Error, result.BaseOffset.Value));
        }
        using var read = await Client.Logs.ReadAsync(new ReadRequest { Log = Log("log"), MaxBytes = 16 << 20 });
        Assert.Equal(Enumerable.Range(0, Count).Select(at => $"{at}"), TestBatch.Read(read.Batches.Span).Select(record => record.Value));
    }

    private static TopicSpec Spec(string name, params string[] filters) =>
        new() { Namespace = Ns, Name = TopicName.Parse(name), Engine = EngineKind.Memory, Filters = [.. filters.Select(SubjectFilter.Parse)] };

    private static TopicPartition Log(string topic) => new(Ns, TopicName.Parse(topic), 0);

    private Task CreateAsync(string name, params string[] filters) => CreateAsync(Spec(name, filters));

    private async Task CreateAsync(TopicSpec spec)
    {
        var created = await Client.Topics.CreateAsync(spec);
        Assert.True(created.Succeeded, $"{created.Error}: {created.Message}");
    }

    private async Task<AppendResult> AppendAsync(string topic, byte[] batch, AppendConditions? conditions = null) =>
        await Client.Logs.AppendAsync(new AppendRequest { Log = Log(topic), Batch = batch, Conditions = conditions });

    private static async Task PublishAsync(IStorageClient client, SubscriberId origin, params string[] subjects)
    {
        var result = await client.Logs.AppendAsync(new AppendRequest
        {
            Log = new TopicPartition(Ns, TopicName.Live, 0),
            Batch = TestBatch.Of(subjects),
            Durability = Durability.Accepted,
            Routing = new LiveRouting { Origin = origin },
        });
        Assert.Equal(ErrorCode.None, result.Error);
    }

    private static async Task SyncAsync(params ILiveFeed[] feeds)
    {
        foreach (var feed in feeds)
            await feed.SyncAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task<string> ReadAsync(ReadRequest request)
    {
        using var read = await Client.Logs.ReadAsync(request);
        Assert.Equal(ErrorCode.None, read.Error);
        // A batch may begin before what was asked for, or what is still there: a reader skips that.
        var from = request.Start == ReadStart.Offset ? Math.Max(request.Offset.Value, read.LogStartOffset.Value) : read.LogStartOffset.Value;
        var records = TestBatch.Read(read.Batches.Span).Where(record => record.Offset >= from);
        return string.Join(' ', records.Select(record => $"{record.Offset}:{record.Key}"));
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<TopicEvent> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return $"{watch.Current.Kind} {watch.Current.Topic?.Spec.Name}";
    }

    private static async Task<LeaseEventKind> NextKindAsync(IAsyncEnumerator<LeaseEvent> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current.Kind;
    }
}
