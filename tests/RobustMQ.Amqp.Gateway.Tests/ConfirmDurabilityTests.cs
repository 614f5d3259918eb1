using System.Collections.Concurrent;
using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>What a message is when its publisher is told that it is safe.</summary>
public sealed class ConfirmDurabilityTests
{
    [Theory]
    [InlineData("durable", true, Durability.Durable)]
    [InlineData("written", true, Durability.Written)]
    [InlineData("durable", false, Durability.Accepted)]
    [InlineData("written", false, Durability.Accepted)]
    public async Task A_confirmed_message_is_as_durable_as_is_configured(string setting, bool isPersistent, Durability expected)
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        AppendWatch? storage = null;
        await cluster.AddGatewayAsync(inner => storage = new AppendWatch(inner), "--amqp:confirm_durability", setting);
        var connection = await cluster.ConnectAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.QueueAsync("q");
        await channel.BasicPublishAsync(string.Empty, "q", mandatory: false, new BasicProperties { Persistent = isPersistent }, new byte[1]);
        Assert.Equal([expected], storage!.Of("_amqp.q.n.q"));
    }

    [Theory]
    [InlineData("durable")]
    [InlineData("written")]
    public async Task A_committed_message_is_on_the_device_and_an_unconfirmed_one_is_written(string setting)
    {
        await using var cluster = await AmqpCluster.StartAsync(0);
        AppendWatch? storage = null;
        await cluster.AddGatewayAsync(inner => storage = new AppendWatch(inner), "--amqp:confirm_durability", setting);
        var channel = await cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.BasicPublishAsync(string.Empty, "q", mandatory: false, new BasicProperties { Persistent = true }, new byte[1]);
        await channel.TxSelectAsync();
        await channel.BasicPublishAsync(string.Empty, "q", mandatory: false, new BasicProperties { Persistent = true }, new byte[1]);
        await channel.TxCommitAsync();
        Assert.Equal([Durability.Written, Durability.Durable], storage!.Of("_amqp.q.n.q"));
    }

    /// <summary>Remembers what was asked for each append.</summary>
    private sealed class AppendWatch(IStorageClient inner) : StorageOver(inner)
    {
        private readonly ConcurrentQueue<(string Topic, Durability Durability)> _appends = new();

        public IEnumerable<Durability> Of(string topic) => _appends.Where(append => append.Topic == topic).Select(static append => append.Durability);

        public override ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default)
        {
            _appends.Enqueue((request.Log.Topic.Value, request.Durability));
            return base.AppendAsync(request, cancellationToken);
        }
    }
}
