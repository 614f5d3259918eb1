using System.Text;
using RobustMQ.Mqtt.Gateway.Tests.Support;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>What MQTT clients publish as records, and records of others as MQTT clients get them.</summary>
public sealed class OtherProtocolTests
{
    private static readonly TopicPartition Live = new(Namespace.Default, TopicName.Live, 0);

    [Fact]
    public async Task A_record_of_another_protocol_reaches_subscribers_with_its_properties()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        using var old = await gateway.ConnectAsync(MqttVersion.V31, "old");
        await client.SubscribeAsync("a/#", 2, identifier: 7);
        await old.SubscribeAsync("+/b");
        var headers = new RecordHeadersBuilder();
        headers.Add(RecordHeaderNames.ReplyTo, "re.ply"u8);
        headers.Add(RecordHeaderNames.ContentType, "text/plain"u8);
        headers.Add(RecordHeaderNames.CorrelationId, "c"u8);
        headers.Add("x"u8, "1"u8);
        headers.Add("x"u8, "2"u8);
        headers.Add("no text"u8, [0xFF]);
        headers.Add("rmq-unknown"u8, "secret"u8);

        await AppendAsync(gateway, Live, "a.b", "hello", headers);

        Assert.Equal(
            "PUBLISH a/b hello ResponseTopic=re/ply ContentType=text/plain CorrelationData=c UserProperty=x:1 UserProperty=x:2 SubscriptionIdentifier=7", await client.ReadAsync());
        Assert.Equal("PUBLISH a/b hello", await old.ReadAsync());
    }

    [Fact]
    public async Task Expired_records_and_subjects_that_are_no_topics_reach_nobody()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.SubscribeAsync("#");
        var expired = new RecordHeadersBuilder();
        expired.Add(RecordHeaderNames.ExpiresAt, "1000"u8);

        await AppendAsync(gateway, Live, "a", "late", expired);
        await AppendAsync(gateway, Live, "a+b", "no topic", null);
        await AppendAsync(gateway, Live, "a/b", "no topic", null);
        await AppendAsync(gateway, Live, "$JS.x", "not for wildcards", null);
        await AppendAsync(gateway, Live, "last", "x", null);

        Assert.Equal("PUBLISH last x", await client.ReadAsync());
    }

    [Fact]
    public async Task A_publish_becomes_a_record_that_says_everything()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        var properties = new PropertyBlockBuilder()
            .Add(PropertyId.ResponseTopic, "re/ply"u8).AddUser("k"u8, "1"u8).AddUser("rmq-reply-to"u8, "evil"u8).AddUser("k"u8, "2"u8).Add(PropertyId.ContentType, "t"u8);

        await client.PublishAsync("/a b", "x", 1, id: 1, properties: properties);
        await client.ReadAsync();

        var (subject, headers) = Assert.Single(await ReadAsync(gateway, Live));
        Assert.Equal("/.a/20b", subject);
        Assert.Equal(["rmq-mqtt-qos=1", "rmq-reply-to=re.ply", "k=1", "rmq-mqtt-user-property=\0\frmq-reply-toevil", "k=2", "rmq-content-type=t"], headers);
    }

    [Fact]
    public async Task A_topic_that_owns_the_subject_has_the_record_before_it_is_acknowledged()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var orders = TopicName.Parse("orders");
        Assert.True((await gateway.Storage.Topics.CreateAsync(new TopicSpec { Name = orders, Namespace = Namespace.Default, Engine = EngineKind.Segment, Filters = [SubjectFilter.Parse("orders.>")] })).Succeeded);
        using var client = await gateway.ConnectAsync();
        // The gateway hears of the topic by a watch.
        var log = new TopicPartition(Namespace.Default, orders, 0);
        for (ushort id = 1; (await ReadAsync(gateway, log)).Count == 0; id++)
        {
            await client.PublishAsync("orders/new", "x", 2, id: id);
            Assert.StartsWith($"PUBREC {id}", await client.ReadAsync());
        }
        var before = (await ReadAsync(gateway, log)).Count;

        await client.PublishAsync("orders/new", "y", 1, id: 60_000);
        Assert.Equal("PUBACK 60000 Success", await client.ReadAsync());

        Assert.Equal(before + 1, (await ReadAsync(gateway, log)).Count);
    }

    [Fact]
    public async Task Messages_cross_gateways_with_their_qos_properties_and_shares()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var second = await gateway.AddGatewayAsync();
        using var publisher = await gateway.ConnectAsync();
        using var far = await gateway.ConnectAsync(gateway: second);
        using var near = await gateway.ConnectAsync();
        await far.SubscribeAsync("a/#", 2);
        await far.SubscribeAsync("$share/g/s");
        await near.SubscribeAsync("$share/g/s");

        await publisher.PublishAsync("a/b", "x", 2, id: 1, properties: new PropertyBlockBuilder().Add(PropertyId.MessageExpiryInterval, 100).AddUser("rmq-k"u8, "v"u8));
        Assert.Matches("^PUBLISH a/b x qos=2 id=1 MessageExpiryInterval=(100|99) UserProperty=rmq-k:v$", await far.ReadAsync());
        await publisher.ReadAsync();

        const int Count = 200;
        for (var at = 0; at < Count; at++)
            await publisher.PublishAsync("s", $"{at}");
        await publisher.PublishAsync("a/end", "");
        var there = 0;
        while (!(await far.ReadAsync()).StartsWith("PUBLISH a/end", StringComparison.Ordinal))
            there++;
        var here = (await near.ReadToPingAsync()).Count;
        Assert.Equal(Count, here + there);
        Assert.InRange(here, Count / 5, Count * 4 / 5);
    }

    private static async Task AppendAsync(GatewayFixture gateway, TopicPartition log, string subject, string value, RecordHeadersBuilder? headers)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(value), headers);
        Assert.True((await gateway.Storage.Logs.AppendAsync(new AppendRequest { Log = log, Batch = builder.Build(), Durability = Durability.Accepted })).Succeeded);
    }

    private static async Task<IReadOnlyList<(string Subject, IReadOnlyList<string> Headers)>> ReadAsync(GatewayFixture gateway, TopicPartition log)
    {
        using var read = await gateway.Storage.Logs.ReadAsync(new ReadRequest { Log = log, Start = ReadStart.First });
        var records = new List<(string, IReadOnlyList<string>)>();
        var batches = new BatchReader(read.Batches);
        while (batches.MoveNext())
        {
            var reader = new RecordReader(batches.Current.Span);
            while (reader.MoveNext())
            {
                var headers = new List<string>();
                foreach (var header in reader.Current.Headers)
                    headers.Add($"{Encoding.UTF8.GetString(header.Name)}={Encoding.UTF8.GetString(header.Value)}");
                records.Add((Encoding.UTF8.GetString(reader.Current.Key), headers));
            }
        }
        return records;
    }
}
