using System.Text;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>A CONNECT, kept while the client is being looked at.</summary>
internal sealed record ConnectRequest
{
    public required MqttVersion Version { get; init; }

    public required bool CleanStart { get; init; }

    /// <summary>Seconds.</summary>
    public required ushort KeepAlive { get; init; }

    public required string ClientId { get; init; }

    public required string? UserName { get; init; }

    public required string? Password { get; init; }

    public required Will? Will { get; init; }

    /// <summary>Seconds that the client wants its session kept.</summary>
    public required uint SessionExpiry { get; init; }

    public required int ReceiveMaximum { get; init; }

    public required long PacketBytesMax { get; init; }

    public required int TopicAliasMaximum { get; init; }

    public required bool WantsResponseInformation { get; init; }

    /// <summary>Of enhanced authentication; null: none.</summary>
    public required string? AuthenticationMethod { get; init; }

    public required byte[] AuthenticationData { get; init; }

    public static ConnectRequest From(in ConnectPacket packet) => new()
    {
        Version = packet.Version,
        CleanStart = packet.CleanStart,
        KeepAlive = packet.KeepAlive,
        ClientId = Encoding.UTF8.GetString(packet.ClientId),
        UserName = packet.HasUserName ? Encoding.UTF8.GetString(packet.UserName) : null,
        Password = packet.HasPassword ? Encoding.UTF8.GetString(packet.Password) : null,
        Will = packet.HasWill ? WillOf(packet) : null,
        SessionExpiry = packet.Version == MqttVersion.V5 ? packet.Properties.Number(PropertyId.SessionExpiryInterval, 0) : packet.CleanStart ? 0 : uint.MaxValue,
        ReceiveMaximum = (int)packet.Properties.Number(PropertyId.ReceiveMaximum, ushort.MaxValue),
        PacketBytesMax = packet.Properties.TryGet(PropertyId.MaximumPacketSize, out var size) ? size.Number : long.MaxValue,
        TopicAliasMaximum = (int)packet.Properties.Number(PropertyId.TopicAliasMaximum, 0),
        WantsResponseInformation = packet.Properties.Number(PropertyId.RequestResponseInformation, 0) == 1,
        AuthenticationMethod = packet.Properties.TryGet(PropertyId.AuthenticationMethod, out var method) ? Encoding.UTF8.GetString(method.Value) : null,
        AuthenticationData = packet.Properties.TryGet(PropertyId.AuthenticationData, out var data) ? data.Value.ToArray() : [],
    };

    private static Will WillOf(in ConnectPacket packet)
    {
        // All but the delay is for the receivers.
        var properties = new PropertyBlockBuilder();
        var each = packet.WillProperties.GetEnumerator();
        var before = packet.WillProperties.Encoded;
        while (each.MoveNext())
        {
            if (each.Current.Id != PropertyId.WillDelayInterval)
                properties.AddEncoded(before[..^each.Rest.Length]);
            before = each.Rest;
        }
        return new Will(packet.WillTopic.ToArray(), packet.WillPayload.ToArray(), packet.WillQos, packet.WillRetain, properties.Encoded.ToArray(),
            packet.WillProperties.Number(PropertyId.WillDelayInterval, 0));
    }
}
