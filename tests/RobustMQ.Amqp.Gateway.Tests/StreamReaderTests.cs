using System.IO.Pipelines;
using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>A consumer of a stream whose client takes nothing, whose stream is gone, or that fails.</summary>
public sealed class StreamReaderTests
{
    private const int Messages = 24;
    private const int MessageBytes = 64 << 10;

    private static readonly TopicName Topic = TopicName.Parse("_amqp.q.n.s");

    [Fact]
    public async Task What_a_client_does_not_take_is_not_read_whatever_its_prefetch()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        var publisher = await cluster.OpenAsync(confirms: true);
        await publisher.QueueAsync("s", ("x-queue-type", "stream"));
        for (var at = 0; at < Messages; at++)
            await publisher.BasicPublishAsync(string.Empty, "s", new byte[MessageBytes]);

        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: MessageBytes, resumeWriterThreshold: MessageBytes / 2));
        var outbound = new Outbound(toClient.Writer, TimeProvider.System) { FrameMax = 128 << 10 };
        var channel = new AmqpChannel(1, new AmqpConnection(1, "gateway/1", outbound, null, TimeProvider.System));
        var queue = new Queue(new QueueSpec("s", true, false, null, ArgumentTable.Empty, new QueuePolicy { Kind = QueueKind.Stream }), Namespace.Default);
        var readTooEarly = false;
        var storage = new WatchedStorage(cluster.Storage, () => readTooEarly |= outbound.Congestion is not null);
        await using var reader = new Queues.StreamReader(
            channel, queue, "t", prefetch: 5000, new StreamOffset(StreamOffset.Place.First, 0, -1), filter: null, storage, TimeProvider.System);
        Assert.Equal(ErrorCode.None, await reader.JoinAsync());
        reader.Begin();
        await Eventually.TrueAsync(() => outbound.Congestion is not null, "the client is full");

        for (var taken = 0L; taken < Messages * MessageBytes;)
        {
            var read = await toClient.Reader.ReadAsync().AsTask().WaitAsync(AmqpCluster.Deadline);
            taken += read.Buffer.Length;
            toClient.Reader.AdvanceTo(read.Buffer.End);
        }
        Assert.Equal((Messages, false), ((int)outbound.Messages, readTooEarly));
    }

    [Fact]
    public async Task A_consumer_that_fails_is_cancelled_and_keeps_no_other_from_giving_back_what_it_holds()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        FaultyStorage? storage = null;
        await cluster.AddGatewayAsync(inner => storage = new FaultyStorage(inner) { Topic = Topic });
        var channel = await cluster.OpenAsync(confirms: true);
        await channel.QueueAsync("s", ("x-queue-type", "stream"));
        await channel.QueueAsync("q");
        await channel.BasicQosAsync(0, 10, global: false);
        await channel.SendAsync(string.Empty, "q", "held");
        Assert.Equal("held", await (await channel.ConsumeAsync("q")).TextAsync());
        storage!.OfRead = new StorageException(ErrorCode.DiskFailure, "a fault");
        var failed = await channel.ConsumeAsync("s");
        await failed.Cancelled;
        await channel.CloseAsync();
        Assert.Equal("held", await (await cluster.OpenAsync()).TakeAsync("q"));
    }

    [Fact]
    public async Task A_consumer_whose_stream_is_gone_counts_no_more()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        var channel = await cluster.OpenAsync();
        await channel.QueueAsync("s", ("x-queue-type", "stream"));
        await channel.BasicQosAsync(0, 10, global: false);
        var received = await channel.ConsumeAsync("s");
        Assert.Equal(1U, (await channel.QueueDeclarePassiveAsync("s")).ConsumerCount);
        var topics = cluster.Storage.Topics;
        var spec = (await topics.GetAsync(Namespace.Default, Topic)).Topic!.Spec;
        await topics.DeleteAsync(Namespace.Default, Topic);
        await received.Cancelled;
        await topics.CreateAsync(spec);
        Assert.Equal(0U, (await channel.QueueDeclarePassiveAsync("s")).ConsumerCount);
    }

    private sealed class WatchedStorage(IStorageClient inner, Action reads) : StorageOver(inner)
    {
        public override ValueTask<Records.Logs.ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default)
        {
            reads();
            return base.ReadAsync(request, cancellationToken);
        }
    }
}
