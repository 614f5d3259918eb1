using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Contract;

public sealed class FeedContract
{
    [Theory, EveryAdapter]
    public async Task A_feed_brings_what_its_interest_matches_but_not_its_own(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var mine = new RecordingReceiver();
        var theirs = new RecordingReceiver();
        await using var myFeed = node.Client.Logs.Subscribe("mine", mine);
        await using var theirFeed = node.Client.Logs.Subscribe("theirs", theirs);
        myFeed.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.*"), null, 1);
        theirFeed.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.>"), null, 1);
        await SyncAsync(myFeed, theirFeed);

        await PublishAsync(node, myFeed.Id, "a.1", "b", "a.1.2");
        await PublishAsync(node, theirFeed.Id, "a.2");
        await Eventually.TrueAsync(() => Keys(theirs) is ["a.1", "a.1.2"] && Keys(mine) is ["a.2"], "deliveries");

        myFeed.SetInterest(TestNode.Ns, SubjectFilter.Parse("a.*"), null, 0);
        myFeed.SetInterest(TestNode.Ns, SubjectFilter.Parse("c"), null, 1);
        await SyncAsync(myFeed);
        await PublishAsync(node, theirFeed.Id, "a.3", "c");
        await Eventually.TrueAsync(() => Keys(mine) is ["a.2", "c"], "deliveries after a change of interest");
    }

    [Theory, EveryAdapter]
    public async Task Peers_hear_of_each_others_interest_and_picks_reach_the_picked_one(Adapter adapter)
    {
        await using var node = await AdaptedNode.OpenAsync(adapter);
        var worker = new RecordingReceiver();
        var publisher = new RecordingReceiver();
        await using var workerFeed = node.Client.Logs.Subscribe("worker", worker);
        workerFeed.SetInterest(TestNode.Ns, SubjectFilter.Parse("jobs"), "workers", 2);
        await SyncAsync(workerFeed);
        await using var publisherFeed = node.Client.Logs.Subscribe("publisher", publisher);
        var expected = new PeerInterest(workerFeed.Id, TestNode.Ns, SubjectFilter.Parse("jobs"), "workers", 2);
        await Eventually.TrueAsync(() => publisher.Peers.Contains(expected), "peer interest");

        var result = await node.Client.Logs.AppendAsync(new AppendRequest
        {
            Log = new TopicPartition(TestNode.Ns, TopicName.Live, 0),
            Batch = TestBatch.Of("jobs", "jobs"),
            Routing = new LiveRouting { Origin = publisherFeed.Id, QueuesDecided = true, Picks = new[] { new QueuePick(1, "workers", workerFeed.Id) }, LiveOnly = true },
        });

        Assert.Equal((ErrorCode.None, Offset.None), (result.Error, result.BaseOffset));
        await Eventually.TrueAsync(() => worker.Picks is ["jobs@workers"] && Keys(worker) is ["jobs"], "the picked record");
        await workerFeed.DisposeAsync();
        await Eventually.TrueAsync(() => publisher.Peers.Contains(expected with { Weight = 0 }), "the end of peer interest");
    }

    [Theory, EveryAdapter]
    public async Task A_newcomer_hears_of_very_many_filters(Adapter adapter)
    {
        const int Filters = 20_000;
        await using var node = await AdaptedNode.OpenAsync(adapter);
        await using var feed = node.Client.Logs.Subscribe("first", new RecordingReceiver());
        for (var at = 0; at < Filters; at++)
            feed.SetInterest(TestNode.Ns, SubjectFilter.Parse($"devices.{at}.>"), null, 1);
        await SyncAsync(feed);

        var newcomer = new RecordingReceiver();
        await using var second = node.Client.Logs.Subscribe("second", newcomer);

        await Eventually.TrueAsync(() => newcomer.Peers.Length == Filters, "all of the first one's interest");
        Assert.Equal(Filters, newcomer.Peers.Select(peer => peer.Filter).Distinct().Count());
    }

    private static string[] Keys(RecordingReceiver receiver) => [.. receiver.Records.Select(static record => record[(record.IndexOf(':', StringComparison.Ordinal) + 1)..])];

    private static async Task PublishAsync(AdaptedNode node, SubscriberId origin, params string[] subjects)
    {
        var result = await node.Client.AppendAsync(
            "_live", TestBatch.Of(subjects), durability: Durability.Accepted, routing: new LiveRouting { Origin = origin });
        Assert.Equal(ErrorCode.None, result.Error);
    }

    private static async Task SyncAsync(params ILiveFeed[] feeds)
    {
        foreach (var feed in feeds)
            await feed.SyncAsync().WaitAsync(Limits.Deadline);
    }
}
