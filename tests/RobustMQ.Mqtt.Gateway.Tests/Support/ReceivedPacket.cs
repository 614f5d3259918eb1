using System.Text;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Tests.Support;

/// <summary>Packets of the server as lines of text: <c>PUBLISH a/b payload qos=1 id=1 retain ContentType=x</c>.</summary>
internal static class ReceivedPacket
{
    public static string Describe(in Frame frame, ReadOnlySpan<byte> body, MqttVersion version)
    {
        switch (frame.Type)
        {
            case PacketType.ConnAck:
                Assert.Equal(ReasonCode.Success, ConnAckPacket.TryRead(body, version, out var connAck));
                return $"CONNACK {(connAck.SessionPresent ? 1 : 0)} {(version == MqttVersion.V5 ? (ReasonCode)connAck.Code : connAck.Code == 0 ? "Success" : connAck.Code)}{Describe(connAck.Properties)}";
            case PacketType.Publish:
                Assert.Equal(ReasonCode.Success, PublishPacket.TryRead(frame.Flags, body, version, fromServer: true, out var publish));
                return $"PUBLISH {Text(publish.Topic)} {Text(publish.Payload)}{(publish.Qos > 0 ? $" qos={publish.Qos} id={publish.PacketId}{(publish.Dup ? " dup" : "")}" : "")}{(publish.Retain ? " retain" : "")}"
                    + Describe(publish.Properties);
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                Assert.Equal(ReasonCode.Success, AckPacket.TryRead(frame.Type, body, version, out var ack));
                return $"{frame.Type.ToString().ToUpperInvariant()} {ack.PacketId} {ack.Reason}";
            case PacketType.SubAck or PacketType.UnsubAck:
                Assert.Equal(ReasonCode.Success, FilterAckPacket.TryRead(frame.Type, body, version, out var acks));
                return $"{frame.Type.ToString().ToUpperInvariant()} {acks.PacketId}{string.Concat(acks.Codes.ToArray().Select(code => " " + (ReasonCode)code))}";
            case PacketType.PingResp:
                return "PINGRESP";
            case PacketType.Disconnect:
                Assert.Equal(ReasonCode.Success, ReasonPacket.TryRead(frame.Type, body, version, out var disconnect));
                return $"DISCONNECT {disconnect.Reason}{Describe(disconnect.Properties)}";
            case PacketType.Auth:
                Assert.Equal(ReasonCode.Success, ReasonPacket.TryRead(frame.Type, body, version, out var auth));
                return $"AUTH {auth.Reason}{Describe(auth.Properties)}";
            default:
                return frame.Type.ToString().ToUpperInvariant();
        }
    }

    private static string Describe(PropertyBlock properties)
    {
        var text = new StringBuilder();
        foreach (var property in properties)
        {
            text.Append($" {property.Id}=");
            if (property.Id == PropertyId.UserProperty)
                text.Append($"{Text(property.Name)}:{Text(property.Value)}");
            else if (property.Value.IsEmpty)
                text.Append(property.Number);
            else
                text.Append(Text(property.Value));
        }
        return text.ToString();
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
