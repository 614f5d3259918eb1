using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Fuzz.Mqtt;

/// <summary>Any bytes where an MQTT client's packets belong.</summary>
public class MqttFuzz
{
    [Fact]
    public void A_session_never_fails_and_sends_whole_packets_only() => Fuzzing.Run("mqtt", rounds: 2000, static (input, mutation) =>
    {
        var (output, reason) = FuzzedSession.RunAsync(input, mutation.Cuts(input.Length)).GetAwaiter().GetResult();
        Assert.NotEmpty(reason);
        for (var rest = output.AsSpan(); !rest.IsEmpty;)
        {
            Assert.Equal(FrameStatus.Packet, FrameReader.TryRead(rest, int.MaxValue, out var frame));
            rest = rest[frame.TotalLength..];
        }
    });

    [Fact]
    public void A_session_ends_for_the_same_reason_however_its_input_is_cut() => Fuzzing.Run("mqtt", rounds: 400, static (input, _) =>
    {
        var whole = FuzzedSession.RunAsync(input, []).GetAwaiter().GetResult();
        var bytes = FuzzedSession.RunAsync(input, [.. Enumerable.Range(1, input.Length)]).GetAwaiter().GetResult();
        Assert.Equal(whole.Reason, bytes.Reason);
    });

    [Fact]
    public void Any_bytes_are_a_packet_or_a_reason() => Fuzzing.Run("mqtt", rounds: 50_000, static (input, mutation) =>
    {
        for (var rest = input.AsSpan(); FrameReader.TryRead(rest, 100_000, out var frame) == FrameStatus.Packet; rest = rest[frame.TotalLength..])
        {
            var body = rest.Slice(frame.HeaderLength, frame.BodyLength);
            foreach (var version in new[] { MqttVersion.V311, MqttVersion.V5 })
                Read(frame, body, version);
        }
    });

    private static void Read(in Frame frame, ReadOnlySpan<byte> body, MqttVersion version)
    {
        switch (frame.Type)
        {
            case PacketType.Connect when ConnectPacket.TryRead(body, out var connect) == ReasonCode.Success:
                Walk(connect.Properties);
                Walk(connect.WillProperties);
                break;
            case PacketType.Publish when PublishPacket.TryRead(frame.Flags, body, version, out var publish) == ReasonCode.Success:
                Assert.True(publish.Topic.Length + publish.Payload.Length <= body.Length);
                Walk(publish.Properties);
                break;
            case PacketType.Subscribe when SubscribePacket.TryRead(body, version, out var subscribe) == ReasonCode.Success:
                foreach (var filter in subscribe)
                    Assert.True(filter.Options.IsValid(version));
                break;
            case PacketType.Unsubscribe when UnsubscribePacket.TryRead(body, version, out var unsubscribe) == ReasonCode.Success:
                foreach (var filter in unsubscribe)
                    Assert.True(filter.Length <= body.Length);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                if (AckPacket.TryRead(frame.Type, body, version, out var ack) == ReasonCode.Success)
                    Walk(ack.Properties);
                break;
            case PacketType.Disconnect or PacketType.Auth:
                if (ReasonPacket.TryRead(frame.Type, body, version, out var reason) == ReasonCode.Success)
                    Walk(reason.Properties);
                break;
        }
    }

    private static void Walk(PropertyBlock properties)
    {
        var bytes = 0;
        foreach (var property in properties)
            bytes += property.Name.Length + property.Value.Length;
        Assert.True(bytes <= properties.Encoded.Length);
    }
}
