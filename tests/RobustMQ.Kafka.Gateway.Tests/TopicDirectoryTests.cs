using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
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
}
