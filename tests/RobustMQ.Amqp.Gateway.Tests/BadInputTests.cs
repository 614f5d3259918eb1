using System.Text;
using RobustMQ.Amqp.Gateway.Tests.Support;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;
using static RobustMQ.Amqp.Gateway.Tests.Support.RawClient;

namespace RobustMQ.Amqp.Gateway.Tests;

/// <summary>Bytes that no client library sends: each is answered as RabbitMQ answers it, on the channel or the connection that it belongs to.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const byte Method = 1;
    private const byte Header = 2;
    private const byte Body = 3;

    private AmqpCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await AmqpCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public static TheoryData<string, string, byte[]> Inputs => new()
    {
        { "a wrong frame end", "close 501 FRAME_ERROR - type 1: {invalid_frame_end_marker,0}", Frame(Method, 1, [0, 20, 0, 20, 1], end: 0) },
        { "an unknown frame type", "close 501 FRAME_ERROR - type 9: unknown_frame", Frame(9, 1, []) },
        { "a frame above the negotiated maximum", "close 501 FRAME_ERROR - type 3: {frame_too_large,1048576,65528}", [Body, 0, 1, .. BigEndian(1 << 20), 1, 2, 3] },
        { "a heartbeat on a channel", "close 505 UNEXPECTED_FRAME - a heartbeat belongs to channel 0", Frame(8, 1, []) },
        { "a method on a channel that is not open", "close 504 CHANNEL_ERROR - expected 'channel.open'", MethodFrame(2, new ChannelFlow { Active = true }) },
        { "a content on a channel that is not open", "close 505 UNEXPECTED_FRAME - expected method frame, got non method frame instead", Frame(Body, 2, [1]) },
        { "a channel opened twice", "close 504 CHANNEL_ERROR - second 'channel.open' seen", MethodFrame(1, default(ChannelOpen)) },
        { "a channel above the negotiated maximum", "close 530 NOT_ALLOWED - channel number 11 is greater than the negotiated maximum of 10", MethodFrame(11, default(ChannelOpen)) },
        { "an unknown class", "close 540 NOT_IMPLEMENTED - unknown method 77.10", Frame(Method, 1, [0, 77, 0, 10]) },
        { "an unknown method", "close 540 NOT_IMPLEMENTED - unknown method 60.199", Frame(Method, 1, [0, 60, 0, 199]) },
        { "a method that only servers send", "close 503 COMMAND_INVALID - unimplemented method", MethodFrame(1, default(QueueBindOk)) },
        { "a channel's method on channel 0", "close 504 CHANNEL_ERROR - unexpected method in connection state running", MethodFrame(0, new QueueDeclare { Queue = "q"u8 }) },
        { "a method frame without a method", "close 501 FRAME_ERROR - a method frame without a method", Frame(Method, 1, [0]) },
        { "a content header before its method", "close 505 UNEXPECTED_FRAME - expected method frame, got non method frame instead", ContentHeader(1) },
        { "a content body before its method", "close 505 UNEXPECTED_FRAME - expected method frame, got non method frame instead", Frame(Body, 1, [1]) },
        { "a body before its header", "close 505 UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead", [.. Publish(), .. Frame(Body, 1, [1])] },
        { "a method instead of a header", "close 505 UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead", [.. Publish(), .. Publish()] },
        { "a method instead of a body", "close 505 UNEXPECTED_FRAME - expected content body, got non content body frame instead", [.. Publish(), .. ContentHeader(5), .. Publish()] },
        { "two headers", "close 505 UNEXPECTED_FRAME - expected content body, got non content body frame instead", [.. Publish(), .. ContentHeader(5), .. ContentHeader(5)] },
        { "a header of another class", "close 505 UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead", [.. Publish(), .. ContentHeader(5, 50)] },
        { "a body that is longer than its header says", "close 501 FRAME_ERROR - content body frame exceeds remaining content size", [.. Publish(), .. ContentHeader(2), .. Frame(Body, 1, [1, 2, 3])] },
        { "a size that nothing has", "channel-close 406 PRECONDITION_FAILED - message size 9223372036854775808 is larger than configured max size 7340032", [.. Publish(), .. Frame(Header, 1, [0, 60, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0])] },
        { "a header that is cut short", "close 501 FRAME_ERROR - a malformed content header", [.. Publish(), .. Frame(Header, 1, [0, 60])] },
        { "property flags without properties", "close 501 FRAME_ERROR - malformed properties", [.. Publish(), .. Frame(Header, 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0])] },
        { "arguments that are cut short", "close 501 FRAME_ERROR - cannot decode the arguments of queue.declare", Frame(Method, 1, [0, 50, 0, 10, 0, 0, 32, 1]) },
        { "a table that says it has four gigabytes", "close 501 FRAME_ERROR - cannot decode the arguments of queue.declare", Declare([.. BigEndian(-1), 1, 2, 3]) },
        { "a long string that overflows its table", "close 502 SYNTAX_ERROR - a malformed field table", Declare(Table([1, (byte)'a', (byte)'S', .. BigEndian(int.MaxValue), 1])) },
        { "a field of an unknown type", "close 502 SYNTAX_ERROR - a malformed field table", Declare(Table([1, (byte)'a', (byte)'?', 1])) },
        { "tables nested a thousand deep", "close 502 SYNTAX_ERROR - a malformed field table", Declare(Table(Nested(1000))) },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Bad_input_is_answered_where_it_belongs(string what, string expected, byte[] input)
    {
        using var client = await RawClient.OpenAsync(_cluster.Gateways[0]);
        await client.SendAsync(input);
        Assert.Equal((what, expected), (what, await client.AnswerAsync()));
        await client.SendAsync(expected.StartsWith("channel", StringComparison.Ordinal) ? MethodFrame(1, default(ChannelCloseOk)) : MethodFrame(0, default(ConnectionCloseOk)));
        // Nobody else notices.
        var channel = await _cluster.OpenAsync();
        await channel.QueueAsync("q");
    }

    [Fact]
    public async Task A_closed_channel_is_deaf_until_its_client_has_seen_why_and_then_free()
    {
        using var client = await RawClient.OpenAsync(_cluster.Gateways[0]);
        await client.SendAsync(MethodFrame(1, new BasicAck { DeliveryTag = 9 }));
        Assert.Equal("channel-close 406 PRECONDITION_FAILED - unknown delivery tag 9", await client.AnswerAsync());
        await client.SendAsync([.. MethodFrame(1, new QueueDeclare { Queue = "ignored"u8 }), .. Frame(Body, 1, [1]), .. MethodFrame(1, default(ChannelCloseOk)), .. MethodFrame(1, default(ChannelOpen))]);
        Assert.Equal("channel.open-ok", await client.AnswerAsync());
        await client.SendAsync(MethodFrame(1, new QueueDeclare { Queue = "ignored"u8, Passive = true }));
        Assert.Equal("channel-close 404 NOT_FOUND - no queue 'ignored' in vhost '/'", await client.AnswerAsync());
    }

    [Fact]
    public async Task Another_protocol_is_told_which_one_is_spoken_here()
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.Equal("header", await client.AnswerAsync());
        Assert.Equal("(end)", await client.AnswerAsync());
    }

    [Theory]
    [InlineData(65_535, 131_072, "close 530 NOT_ALLOWED - negotiated channel_max = 65535 is higher than the maximum allowed value (2047)")]
    [InlineData(10, 1_000, "close 530 NOT_ALLOWED - negotiated frame_max = 1000 is outside of 4096 to 131072")]
    [InlineData(10, 1 << 30, "close 530 NOT_ALLOWED - negotiated frame_max = 1073741824 is outside of 4096 to 131072")]
    public async Task Limits_beyond_the_offered_ones_are_refused(int channelMax, int frameMax, string expected)
    {
        using var client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await client.SendAsync(ProtocolHeader.Bytes.ToArray());
        await client.SendAsync(LoginFrame());
        await client.SendAsync(MethodFrame(0, new ConnectionTuneOk { ChannelMax = (ushort)channelMax, FrameMax = (uint)frameMax }));
        Assert.Equal(["connection.start", "connection.tune", expected], [await client.AnswerAsync(), await client.AnswerAsync(), await client.AnswerAsync()]);
    }

    [Fact]
    public async Task A_client_that_closes_reads_that_it_may_though_it_is_still_sending()
    {
        using var client = await RawClient.OpenAsync(_cluster.Gateways[0]);
        await client.SendAsync(MethodFrame(0, new ConnectionClose { ReplyCode = 200, ReplyText = "bye"u8 }));
        for (var at = 0; at < 100; at++)
            await client.SendAsync([.. Publish(), .. ContentHeader(1), .. Frame(Body, 1, [1])]);
        Assert.Equal("connection.close-ok", await client.AnswerAsync());
    }

    [Fact]
    public async Task Who_deletes_a_queue_hears_of_that_before_its_consumers_are_cancelled()
    {
        using var client = await RawClient.OpenAsync(_cluster.Gateways[0]);
        await client.SendAsync(
            [.. MethodFrame(1, new QueueDeclare { Queue = "q"u8 }), .. MethodFrame(1, new BasicConsume { Queue = "q"u8 }), .. MethodFrame(1, new QueueDelete { Queue = "q"u8 })]);
        foreach (var expected in new[] { "queue.declare-ok", "basic.consume-ok", "queue.delete-ok", "basic.cancel" })
            Assert.Equal(expected, await client.AnswerAsync());
    }

    [Fact]
    public async Task Silent_clients_are_asked_for_a_sign_of_life_and_then_closed()
    {
        using var client = await RawClient.OpenAsync(_cluster.Gateways[0], heartbeatSeconds: 1);
        Assert.Equal("heartbeat", await client.AnswerAsync());
        string answer;
        do
            answer = await client.AnswerAsync();
        while (answer == "heartbeat");
        Assert.Equal("close 320 CONNECTION_FORCED - missed heartbeats from client", answer);
    }

    private static byte[] Publish() => MethodFrame(1, new BasicPublish { RoutingKey = "q"u8 });

    private static byte[] ContentHeader(byte bodyBytes, byte classNumber = 60) => Frame(Header, 1, [0, classNumber, 0, 0, 0, 0, 0, 0, 0, 0, 0, bodyBytes, 0, 0]);

    private static byte[] Declare(byte[] table) => Frame(Method, 1, [0, 50, 0, 10, 0, 0, 1, (byte)'q', 0, .. table]);

    private static byte[] Table(byte[] fields) => [.. BigEndian(fields.Length), .. fields];

    private static byte[] Nested(int depth)
    {
        byte[] fields = [];
        for (var at = 0; at < depth; at++)
            fields = [1, (byte)'a', (byte)'F', .. Table(fields)];
        return fields;
    }
}
