using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Who brings dead letters on their way, and loses its consumer meanwhile.</summary>
public sealed class DeadLetterRouterTests
{
    private static readonly ConsumerRef Router = new(Namespace.Default, "amqp/dead-letters");

    [Fact]
    public async Task What_lies_at_a_router_that_lost_its_consumer_is_routed_by_the_next_alone()
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        SlowStorage? storage = null;
        await cluster.AddGatewayAsync(inner => storage = new SlowStorage(inner, TopicName.Parse("_amqp.q.n.dead")));
        var channel = await cluster.OpenAsync(confirms: true);
        await channel.QueueAsync("dead");
        await channel.QueueAsync("q", ("x-max-length", 1), ("x-dead-letter-exchange", string.Empty), ("x-dead-letter-routing-key", "dead"));
        await channel.SendAsync(string.Empty, "q", "1");
        await channel.SendAsync(string.Empty, "q", "2");
        await storage!.Asked.WaitAsync(AmqpCluster.Deadline);
        await channel.SendAsync(string.Empty, "q", "3");
        var consumers = cluster.Storage.Consumers;
        await Eventually.TrueAsync(async () => (await consumers.GetAsync(Router)).State!.Pending == 2, "both dead letters are at the router");

        // A member that is told after the router is.
        var witness = new Witness();
        await using var membership = consumers.Join(new ConsumerJoin { Consumer = Router, Member = "witness" }, witness);
        await witness.Joined;
        await consumers.DeleteAsync(new ConsumerDelete { Consumer = Router });
        await witness.Left;
        storage.Open();
        Assert.Equal(["1", "1", "2"], await (await channel.ConsumeAsync("dead")).TextsAsync(3));
    }

    private sealed class Witness : IConsumerReceiver
    {
        private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Joined => _joined.Task.WaitAsync(AmqpCluster.Deadline);

        public Task Left => _left.Task.WaitAsync(AmqpCluster.Deadline);

        public void OnJoined(in MemberJoined joined) => _joined.TrySetResult();

        public void OnActive(bool isActive)
        {
        }

        public void OnDeliveries(in Deliveries deliveries)
        {
        }

        public void OnLeft(ErrorCode reason) => _left.TrySetResult();
    }
}
