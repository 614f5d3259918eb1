using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using RobustMQ.GatewayKit.Tests;
using RobustMQ.Mqtt.Gateway.Tests.Support;

namespace RobustMQ.Mqtt.Gateway.Tests;

/// <summary>A client of the field, MQTTnet, in both versions over every transport.</summary>
public sealed class ClientTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly TestCertificates _certificates = new();

    public ClientTests() => _certificates.WriteServer().Dispose();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(MqttProtocolVersion.V311, "mqtt")]
    [InlineData(MqttProtocolVersion.V500, "mqtt")]
    [InlineData(MqttProtocolVersion.V311, "mqtt-tls")]
    [InlineData(MqttProtocolVersion.V500, "mqtt-tls")]
    [InlineData(MqttProtocolVersion.V311, "mqtt-ws")]
    [InlineData(MqttProtocolVersion.V500, "mqtt-ws")]
    public async Task It_publishes_and_receives_at_every_qos_and_finds_retained_messages(MqttProtocolVersion version, string listener)
    {
        await using var gateway = await StartAsync();
        using var client = new MqttClientFactory().CreateMqttClient();
        var received = Collect(client);
        await client.ConnectAsync(OptionsFor(gateway, version, listener).Build());
        await client.SubscribeAsync("a/+", MqttQualityOfServiceLevel.ExactlyOnce);

        for (var qos = 0; qos < 3; qos++)
            await client.PublishStringAsync("a/b", new string((char)('0' + qos), 10_000), (MqttQualityOfServiceLevel)qos);
        for (var qos = 0; qos < 3; qos++)
        {
            var message = Take(received);
            Assert.Equal((new string((char)('0' + qos), 10_000), (MqttQualityOfServiceLevel)qos), (message.ConvertPayloadToString(), message.QualityOfServiceLevel));
        }
        await client.PublishStringAsync("kept", "x", MqttQualityOfServiceLevel.AtLeastOnce, retain: true);
        await client.SubscribeAsync("kept");
        Assert.True(Take(received) is { Retain: true, Topic: "kept" });
        await client.DisconnectAsync();
    }

    [Fact]
    public async Task A_text_frame_ends_a_WebSocket()
    {
        await using var gateway = await StartAsync();
        using var limit = new CancellationTokenSource(Deadline);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        await socket.ConnectAsync(new Uri($"ws://{GatewayFixture.EndPointOf(gateway.Gateway, "mqtt-ws")}/mqtt"), limit.Token);
        // A CONNECT as good as any.
        byte[] connect = [0x10, 12, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 0];
        await socket.SendAsync(connect, WebSocketMessageType.Binary, true, limit.Token);
        var answer = new byte[16];
        Assert.Equal(4, (await socket.ReceiveAsync(answer, limit.Token)).Count);
        await socket.SendAsync((byte[])[0xC0, 0], WebSocketMessageType.Text, true, limit.Token);
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(answer, limit.Token)).MessageType);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, socket.CloseStatus);
    }

    [Fact]
    public async Task It_asks_and_answers_with_properties_of_5_0()
    {
        await using var gateway = await StartAsync();
        using var responder = new MqttClientFactory().CreateMqttClient();
        using var requester = new MqttClientFactory().CreateMqttClient();
        await responder.ConnectAsync(OptionsFor(gateway, MqttProtocolVersion.V500, "mqtt").Build());
        await requester.ConnectAsync(OptionsFor(gateway, MqttProtocolVersion.V500, "mqtt").Build());
        await responder.SubscribeAsync("ask");
        await requester.SubscribeAsync("answers/me");
        responder.ApplicationMessageReceivedAsync += async asked => await responder.PublishAsync(new MqttApplicationMessageBuilder()
            .WithTopic(asked.ApplicationMessage.ResponseTopic).WithCorrelationData(asked.ApplicationMessage.CorrelationData)
            .WithUserProperty("asked", asked.ApplicationMessage.Payload.ToArray()).WithPayload("42").Build());
        var answers = Collect(requester);

        await requester.PublishAsync(new MqttApplicationMessageBuilder()
            .WithTopic("ask").WithPayload("what?").WithResponseTopic("answers/me").WithCorrelationData([1, 2, 3]).Build());

        var answer = Take(answers);
        Assert.Equal("42", answer.ConvertPayloadToString());
        Assert.Equal([1, 2, 3], answer.CorrelationData);
        Assert.Equal(("asked", "what?"), (answer.UserProperties[0].Name, Encoding.UTF8.GetString(answer.UserProperties[0].ValueBuffer.Span)));
    }

    [Fact]
    public async Task Its_certificate_says_who_it_is()
    {
        await using var gateway = await StartAsync(
            "--mqtt:secure:tls:ca", _certificates.AuthorityFile, "--mqtt:secure:tls:client_certificates", "required",
            "--auth:users:0:name", "ann", "--auth:users:0:certificates", "ann.example", "--auth:users:0:permissions:publish", "own.>");
        using var certificate = _certificates.Issue("CN=whoever", static names => names.AddDnsName("ann.example"));
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(OptionsFor(gateway, MqttProtocolVersion.V500, "mqtt-tls", certificate).Build());

        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, (await client.PublishStringAsync("else", "x", MqttQualityOfServiceLevel.AtLeastOnce)).ReasonCode);
        Assert.NotEqual(MqttClientPublishReasonCode.NotAuthorized, (await client.PublishStringAsync("own/x", "x", MqttQualityOfServiceLevel.AtLeastOnce)).ReasonCode);
    }

    private Task<GatewayFixture> StartAsync(params string[] flags) => GatewayFixture.StartAsync(
    [
        "--mqtt:secure:port", "0", "--mqtt:secure:tls:certificate", _certificates.PathOf("server.pem"), "--mqtt:secure:tls:key", _certificates.PathOf("server.key"),
        "--mqtt:websocket:port", "0", .. flags,
    ]);

    private static MqttClientOptionsBuilder OptionsFor(
        GatewayFixture gateway, MqttProtocolVersion version, string listener, System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null)
    {
        var builder = new MqttClientOptionsBuilder().WithProtocolVersion(version).WithClientId($"{Guid.NewGuid():n}");
        var endPoint = GatewayFixture.EndPointOf(gateway.Gateway, listener);
        if (listener == "mqtt-ws")
            return builder.WithWebSocketServer(socket => socket.WithUri($"ws://{endPoint}/mqtt"));
        builder.WithTcpServer("127.0.0.1", endPoint.Port);
        return listener != "mqtt-tls" ? builder : builder.WithTlsOptions(tls =>
        {
            tls.UseTls().WithCertificateValidationHandler(static shown => shown.Certificate.Subject == "CN=localhost");
            if (certificate is not null)
                tls.WithClientCertificates([certificate]);
        });
    }

    private static BlockingCollection<MqttApplicationMessage> Collect(IMqttClient client)
    {
        var received = new BlockingCollection<MqttApplicationMessage>();
        client.ApplicationMessageReceivedAsync += message =>
        {
            received.Add(message.ApplicationMessage);
            return Task.CompletedTask;
        };
        return received;
    }

    private static MqttApplicationMessage Take(BlockingCollection<MqttApplicationMessage> received)
    {
        Assert.True(received.TryTake(out var message, Deadline), "no message came");
        return message;
    }
}
