using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>What a gateway knows of the topics, by a watch and by the answers to its own changes, whichever comes first.</summary>
public sealed class TopicDirectoryTests
{
    [Fact]
    public async Task The_late_answer_to_a_change_does_not_bring_back_a_topic_that_is_gone()
    {
        await using var cluster = await KafkaCluster.StartAsync(0);
        await using var storage = cluster.Storage;
        var directory = new TopicDirectory(storage, NullLogger<TopicDirectory>.Instance);
        using var stop = new CancellationTokenSource();
        var watching = directory.WatchAsync(stop.Token);
        await directory.Ready;

        var spec = new TopicSpec { Namespace = Namespace.Default, Name = TopicName.Parse("short"), Engine = EngineKind.Segment };
        var made = (await storage.Topics.CreateAsync(spec)).Topic!;
        await Eventually.TrueAsync(() => directory.TryGet(Namespace.Default, "short", out _), "the watch has told of it");
        await storage.Topics.DeleteAsync(Namespace.Default, made.Name);
        await Eventually.TrueAsync(() => !directory.TryGet(Namespace.Default, "short", out _), "the watch has told of its end");

        directory.Put(made);
        Assert.False(directory.TryGet(Namespace.Default, "short", out _));
        Assert.False(directory.TryGet(Namespace.Default, made.Id, out _));

        var again = (await storage.Topics.CreateAsync(spec)).Topic!;
        directory.Put(again);
        Assert.True(directory.TryGet(Namespace.Default, "short", out var known));
        Assert.Equal(again.Id, known.Id);
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task The_topic_of_the_users_is_none_whoever_tells_of_it()
    {
        await using var cluster = await KafkaCluster.StartAsync(0);
        await using var storage = cluster.Storage;
        var spec = new TopicSpec { Namespace = Namespace.Default, Name = UserStore.Topic, Engine = EngineKind.RocksDb };
        var made = (await storage.Topics.CreateAsync(spec)).Topic!;
        var directory = new TopicDirectory(storage, NullLogger<TopicDirectory>.Instance);
        using var stop = new CancellationTokenSource();
        var watching = directory.WatchAsync(stop.Token);
        await directory.Ready;
        directory.Put(made);
        Assert.False(directory.TryGet(Namespace.Default, UserStore.Topic.Value, out _));
        Assert.False(directory.TryGet(Namespace.Default, made.Id, out _));
        Assert.DoesNotContain(directory.List(Namespace.Default, includeInternal: true), static topic => topic.Name == UserStore.Topic);
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task What_is_looked_up_while_a_watch_starts_over_stays_unless_the_watch_knows_better()
    {
        await using var cluster = await KafkaCluster.StartAsync(0);
        await using var storage = new ToldTopics(cluster.Storage);
        var directory = new TopicDirectory(storage, NullLogger<TopicDirectory>.Instance);
        using var stop = new CancellationTokenSource();
        var watching = directory.WatchAsync(stop.Token);
        storage.Tell(TopicEventKind.Put, Named("gone", 1));
        storage.Tell(TopicEventKind.CaughtUp, revision: 1);
        await directory.Ready;

        storage.Tell(TopicEventKind.Reset);
        storage.Tell(TopicEventKind.Put, Named("stays", 3));
        await Eventually.TrueAsync(() => Has("stays"), "the watch has begun to tell");
        foreach (var topic in new[] { Named("stays", 3), Named("made-and-gone", 4), Named("made-since", 9) })
            directory.Put(topic);
        Assert.True(Has("gone") && Has("made-and-gone") && Has("made-since"));
        storage.Tell(TopicEventKind.CaughtUp, revision: 7);
        await Eventually.TrueAsync(() => !Has("gone"), "the watch has told everything");
        Assert.Equal((true, false, true), (Has("stays"), Has("made-and-gone"), Has("made-since")));
        // Its answer was on its way all the time.
        directory.Put(Named("made-and-gone-too", 5));
        Assert.False(Has("made-and-gone-too"));
        await stop.CancelAsync();
        await watching;

        bool Has(string name) => directory.TryGet(Namespace.Default, name, out _);
    }

    private static Topic Named(string name, long revision)
    {
        var id = new byte[16];
        System.Text.Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, 15)), id);
        id[15] = (byte)revision;
        return new(new TopicSpec { Namespace = Namespace.Default, Name = TopicName.Parse(name), Engine = EngineKind.Segment, Partitions = 1 }, new Guid(id), revision, 0);
    }

    /// <summary>A storage-node whose watch says what a test wants it to.</summary>
    private sealed class ToldTopics(IStorageClient inner) : TopicsOver(inner)
    {
        private readonly Channel<TopicEvent> _told = Channel.CreateUnbounded<TopicEvent>();

        public void Tell(TopicEventKind kind, Topic? topic = null, long revision = 0) => _told.Writer.TryWrite(new(kind, topic, topic?.Revision ?? revision));

        public override IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) => _told.Reader.ReadAllAsync(cancellationToken);
    }
}
