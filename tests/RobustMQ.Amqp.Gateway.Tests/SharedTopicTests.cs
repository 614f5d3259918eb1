using System.Text;
using System.Threading.Channels;
using RabbitMQ.Client;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary><c>amq.topic</c> and the subjects of other protocols.</summary>
public sealed class SharedTopicTests
{
    [Fact]
    public async Task Queues_bound_to_it_get_what_other_protocols_publish_once_whatever_gateway_brings_it()
    {
        await using var cluster = await AmqpCluster.StartAsync(gateways: 2);
        var channel = await cluster.OpenAsync();
        await channel.QueueAsync("q");
        await channel.QueueBindAsync("q", "amq.topic", "sensors.#");
        await channel.QueueBindAsync("q", "amq.topic", "#.temperature");
        var received = await channel.ConsumeAsync("q", autoAck: true);

        await PublishAsync(cluster, "other.subject", "0");
        await PublishAsync(cluster, "sensors.a.temperature", "1", ("unit", "C"), ("unit", "F"), ("rmq-content-type", "text/plain"), ("rmq-reply-to", "answers.a"));
        await PublishAsync(cluster, "sensors.a//b", "2");

        var first = await received.NextAsync();
        Assert.Equal(("1", "amq.topic", "sensors.a.temperature", "text/plain", "answers.a"), (first.Text, first.Exchange, first.RoutingKey, first.Properties.ContentType, first.Properties.ReplyTo));
        Assert.Equal(["C", "F"], ((List<object?>)first.Properties.Headers!["unit"]!).Select(static value => Encoding.UTF8.GetString((byte[])value!)));
        var second = await received.NextAsync();
        Assert.Equal(("2", "sensors.a/b"), (second.Text, second.RoutingKey));
    }

    [Fact]
    public async Task What_is_published_to_it_reaches_clients_of_other_protocols()
    {
        await using var cluster = await AmqpCluster.StartAsync();
        var storage = cluster.Storage;
        var receiver = new Receiver();
        await using var feed = storage.Logs.Subscribe("test", receiver);
        feed.SetInterest(Namespace.Default, SubjectFilter.Parse("sensors.>"), null, 1);
        await feed.SyncAsync();
        var channel = await cluster.OpenAsync();
        await channel.SendAsync("amq.topic", "sensors.a", "1", static properties =>
        {
            properties.ContentType = "text/plain";
            properties.CorrelationId = "c";
            properties.Headers = new Dictionary<string, object?> { ["unit"] = "C", ["number"] = 5, ["yes"] = true };
        });
        var headers = await receiver.Records.Reader.ReadAsync().AsTask().WaitAsync(AmqpCluster.Deadline);
        Assert.Equal("sensors.a 1 rmq-content-type=text/plain rmq-correlation-id=c unit=C number=5 yes=true", headers);
    }

    private static async Task PublishAsync(AmqpCluster cluster, string subject, string body, params (string Name, string Value)[] headers)
    {
        using var batch = new RecordBatchBuilder();
        var builder = new RecordHeadersBuilder();
        foreach (var (name, value) in headers)
            builder.Add(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        batch.Append(1_700_000_000_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(body), builder);
        var request = new AppendRequest { Log = new TopicPartition(Namespace.Default, TopicName.Live, 0), Batch = batch.Build(), IsOwnEncoding = true, Durability = Durability.Accepted };
        Assert.True((await cluster.Storage.Logs.AppendAsync(request)).Succeeded);
    }

    private sealed class Receiver : ILiveReceiver
    {
        public Channel<string> Records { get; } = Channel.CreateUnbounded<string>();

        public void OnConnected(SubscriberId id)
        {
        }

        public void OnDisconnected()
        {
        }

        public void OnRecords(in LiveRecords records)
        {
            var reader = new RecordReader(records.Batch.Span);
            while (reader.MoveNext())
            {
                var text = new StringBuilder($"{Encoding.UTF8.GetString(reader.Current.Key)} {Encoding.UTF8.GetString(reader.Current.Value)}");
                foreach (var header in reader.Current.Headers)
                {
                    if (!header.Name.SequenceEqual(RecordHeaderNames.Amqp))
                        text.Append($" {Encoding.UTF8.GetString(header.Name)}={Encoding.UTF8.GetString(header.Value)}");
                }
                Records.Writer.TryWrite(text.ToString());
            }
        }

        public void OnPeerInterest(in PeerInterest interest)
        {
        }

        public void OnDropped(long records)
        {
        }
    }
}
