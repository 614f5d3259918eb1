using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Tests;

/// <summary>Golden bytes of every packet but CONNECT, read and written.</summary>
public class PacketTests
{
    [Theory]
    [InlineData(MqttVersion.V311, true, ReasonCode.Success, "20020100")]
    [InlineData(MqttVersion.V311, true, ReasonCode.NotAuthorized, "20020005")]
    [InlineData(MqttVersion.V311, false, ReasonCode.UnsupportedProtocolVersion, "20020001")]
    [InlineData(MqttVersion.V5, false, ReasonCode.Success, "2003000000")]
    [InlineData(MqttVersion.V5, true, ReasonCode.BadUserNameOrPassword, "2003008600")]
    public void Connack(MqttVersion version, bool present, ReasonCode reason, string hex)
    {
        Assert.Equal(hex, Wire.Written(target => ConnAckPacket.Write(target, version, present, reason, default)));
        Assert.Equal(ReasonCode.Success, ConnAckPacket.TryRead(Wire.Body(Wire.Hex(hex), out _), version, out var packet));
        Assert.Equal(present && reason == ReasonCode.Success, packet.SessionPresent);
        Assert.Equal(version == MqttVersion.V5 ? (byte)reason : ConnectReturnCode.Of(reason), packet.Code);
    }

    [Theory]
    [InlineData(MqttVersion.V311, "300600036162 6358")]
    [InlineData(MqttVersion.V311, "3D 08 0003616263 0007 58")]
    [InlineData(MqttVersion.V311, "32 07 0003616263 0007")]
    [InlineData(MqttVersion.V5, "30 07 0003616263 00 58")]
    [InlineData(MqttVersion.V5, "34 0B 0003616263 0007 02 0101 58")]
    [InlineData(MqttVersion.V5, "30 08 0000 03 230005 5859")]
    public void Publish_is_read_and_written_the_same(MqttVersion version, string hex)
    {
        var bytes = Wire.Hex(hex);
        Assert.Equal(Convert.ToHexString(bytes), Wire.Written(target =>
        {
            var body = Wire.Body(bytes, out var frame);
            Assert.Equal(ReasonCode.Success, PublishPacket.TryRead(frame.Flags, body, version, out var packet));
            packet.Write(target, version);
        }));
    }

    [Theory]
    [InlineData(6, "0001 61 0001", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(8, "0001 61", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(2, "0001 61 0000", MqttVersion.V311, ReasonCode.ProtocolError)]
    [InlineData(2, "0001 61 00", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0, "0002 61", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0, "0002 6100", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0, "0001 FF", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(0, "0001 61", MqttVersion.V5, ReasonCode.MalformedPacket)]
    [InlineData(0, "0001 61 03 230000", MqttVersion.V5, ReasonCode.TopicAliasInvalid)]
    [InlineData(0, "0001 61 02 0B01", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData(0, "0001 61 04 01010101", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData(0, "0001 61 02 0102", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData(0, "0001 61 05 1100000001", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData(0, "0001 61 05 01", MqttVersion.V5, ReasonCode.MalformedPacket)]
    public void Wrong_publishes_are_refused(byte flags, string body, MqttVersion version, ReasonCode reason) =>
        Assert.Equal(reason, PublishPacket.TryRead(flags, Wire.Hex(body), version, out _));

    [Fact]
    public void Subscription_identifiers_come_from_servers_and_may_repeat()
    {
        Assert.Equal(ReasonCode.Success, PublishPacket.TryRead(0, Wire.Hex("0001 61 04 0B01 0B02"), MqttVersion.V5, fromServer: true, out var packet));
        var sum = 0u;
        foreach (var property in packet.Properties)
            sum += property.Number;
        Assert.Equal(3u, sum);
    }

    [Theory]
    [InlineData(PacketType.PubAck, MqttVersion.V311, ReasonCode.Success, "40020007")]
    [InlineData(PacketType.PubRec, MqttVersion.V5, ReasonCode.Success, "50020007")]
    [InlineData(PacketType.PubRel, MqttVersion.V5, ReasonCode.PacketIdentifierNotFound, "6203000792")]
    [InlineData(PacketType.PubComp, MqttVersion.V5, ReasonCode.Success, "70020007")]
    [InlineData(PacketType.PubAck, MqttVersion.V5, ReasonCode.NoMatchingSubscribers, "4003000710")]
    public void Acknowledgements(PacketType type, MqttVersion version, ReasonCode reason, string hex)
    {
        Assert.Equal(hex, Wire.Written(target => AckPacket.Write(target, type, version, 7, reason)));
        Assert.Equal(ReasonCode.Success, AckPacket.TryRead(type, Wire.Body(Wire.Hex(hex), out _), version, out var packet));
        Assert.Equal(((ushort)7, reason), (packet.PacketId, packet.Reason));
    }

    [Fact]
    public void An_acknowledgement_has_its_reason_string()
    {
        var properties = new PropertyBlockBuilder().Add(PropertyId.ReasonString, "no"u8).AddUser("a"u8, "b"u8).Encoded.ToArray();

        var hex = Wire.Written(target => AckPacket.Write(target, PacketType.PubAck, MqttVersion.V5, 7, ReasonCode.NotAuthorized, properties));

        Assert.Equal("4010000787" + "0C" + "1F00026E6F" + "26000161000162", hex);
        Assert.Equal(ReasonCode.Success, AckPacket.TryRead(PacketType.PubAck, Wire.Body(Wire.Hex(hex), out _), MqttVersion.V5, out var packet));
        Assert.True(packet.Properties.TryGet(PropertyId.UserProperty, out var user));
        Assert.Equal(("a", "b"), (Wire.Text(user.Name), Wire.Text(user.Value)));
    }

    [Theory]
    [InlineData(PacketType.PubAck, "0000", MqttVersion.V311, ReasonCode.ProtocolError)]
    [InlineData(PacketType.PubAck, "00", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(PacketType.PubAck, "000100", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData(PacketType.PubAck, "000192", MqttVersion.V5, ReasonCode.MalformedPacket)]
    [InlineData(PacketType.PubRel, "000110", MqttVersion.V5, ReasonCode.MalformedPacket)]
    [InlineData(PacketType.PubAck, "000100 02 0101", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData(PacketType.PubAck, "000100 01", MqttVersion.V5, ReasonCode.MalformedPacket)]
    public void Wrong_acknowledgements_are_refused(PacketType type, string body, MqttVersion version, ReasonCode reason) =>
        Assert.Equal(reason, AckPacket.TryRead(type, Wire.Hex(body), version, out _));

    [Fact]
    public void Subscribe()
    {
        var properties = new PropertyBlockBuilder().Add(PropertyId.SubscriptionIdentifier, 128).Encoded.ToArray();
        var hex = Wire.Written(target => SubscribePacket.Write(
            target, MqttVersion.V5, 10, properties,
            new FilterToSubscribe("a/b"u8.ToArray(), SubscriptionOptions.Of(1)),
            new FilterToSubscribe("a/c/#"u8.ToArray(), SubscriptionOptions.Of(2, noLocal: true, retainAsPublished: true, RetainHandling.DoNotSend))));
        Assert.Equal("8214000A030B8001" + "0003612F6201" + "0005612F632F232E", hex);

        Assert.Equal(ReasonCode.Success, SubscribePacket.TryRead(Wire.Body(Wire.Hex(hex), out _), MqttVersion.V5, out var packet));
        Assert.Equal(128u, packet.SubscriptionIdentifier);
        var filters = packet.GetEnumerator();
        Assert.True(filters.MoveNext());
        Assert.Equal(("a/b", 1), (Wire.Text(filters.Filter), filters.Options.Qos));
        Assert.True(filters.MoveNext());
        Assert.Equal(("a/c/#", 2), (Wire.Text(filters.Filter), filters.Options.Qos));
        Assert.True(filters.Options is { NoLocal: true, RetainAsPublished: true, RetainHandling: RetainHandling.DoNotSend });
        Assert.False(filters.MoveNext());
    }

    [Theory]
    [InlineData("0001", MqttVersion.V311, ReasonCode.ProtocolError)]
    [InlineData("0000 000161 00", MqttVersion.V311, ReasonCode.ProtocolError)]
    [InlineData("0001 000161", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData("0001 000161 03", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData("0001 000161 04", MqttVersion.V311, ReasonCode.MalformedPacket)]
    [InlineData("0001 00 000161 30", MqttVersion.V5, ReasonCode.MalformedPacket)]
    [InlineData("0001 00 000161 40", MqttVersion.V5, ReasonCode.MalformedPacket)]
    [InlineData("0001 02 0B00 000161 00", MqttVersion.V5, ReasonCode.ProtocolError)]
    [InlineData("0001 00 000A 2473686172652F672F61 04", MqttVersion.V5, ReasonCode.ProtocolError)]
    public void Wrong_subscribes_are_refused(string body, MqttVersion version, ReasonCode reason) =>
        Assert.Equal(reason, SubscribePacket.TryRead(Wire.Hex(body), version, out _));

    [Fact]
    public void Suback_and_unsuback()
    {
        ReasonCode[] reasons = [ReasonCode.GrantedQos1, ReasonCode.NotAuthorized];

        Assert.Equal("900400010180", Wire.Written(target => FilterAckPacket.Write(target, PacketType.SubAck, MqttVersion.V311, 1, reasons)));
        Assert.Equal("90050001000187", Wire.Written(target => FilterAckPacket.Write(target, PacketType.SubAck, MqttVersion.V5, 1, reasons)));
        Assert.Equal("B0020001", Wire.Written(target => FilterAckPacket.Write(target, PacketType.UnsubAck, MqttVersion.V311, 1, reasons)));
        Assert.Equal("B005000100 0187".Replace(" ", string.Empty, StringComparison.Ordinal), Wire.Written(target => FilterAckPacket.Write(target, PacketType.UnsubAck, MqttVersion.V5, 1, reasons)));
        Assert.Equal(ReasonCode.Success, FilterAckPacket.TryRead(PacketType.SubAck, Wire.Hex("0001000187"), MqttVersion.V5, out var packet));
        Assert.Equal("0187", Convert.ToHexString(packet.Codes));
    }

    [Fact]
    public void Unsubscribe()
    {
        var hex = Wire.Written(target => UnsubscribePacket.Write(target, MqttVersion.V5, 2, "a"u8.ToArray(), "b/#"u8.ToArray()));
        Assert.Equal("A20B000200" + "000161" + "0003622F23", hex);
        Assert.Equal(ReasonCode.Success, UnsubscribePacket.TryRead(Wire.Body(Wire.Hex(hex), out _), MqttVersion.V5, out var packet));
        var read = new List<string>();
        foreach (var filter in packet)
            read.Add(Wire.Text(filter));
        Assert.Equal(["a", "b/#"], read);
        Assert.Equal(ReasonCode.ProtocolError, UnsubscribePacket.TryRead(Wire.Hex("0001"), MqttVersion.V311, out _));
    }

    [Theory]
    [InlineData(PacketType.Disconnect, MqttVersion.V311, ReasonCode.Success, "E000")]
    [InlineData(PacketType.Disconnect, MqttVersion.V5, ReasonCode.Success, "E000")]
    [InlineData(PacketType.Disconnect, MqttVersion.V5, ReasonCode.SessionTakenOver, "E0028E00")]
    [InlineData(PacketType.Auth, MqttVersion.V5, ReasonCode.ContinueAuthentication, "F0021800")]
    public void Disconnect_and_auth(PacketType type, MqttVersion version, ReasonCode reason, string hex)
    {
        Assert.Equal(hex, Wire.Written(target => ReasonPacket.Write(target, type, version, reason)));
        Assert.Equal(ReasonCode.Success, ReasonPacket.TryRead(type, Wire.Body(Wire.Hex(hex), out _), version, out var packet));
        Assert.Equal(reason, packet.Reason);
    }

    [Theory]
    [InlineData(PacketType.Disconnect, "00", MqttVersion.V311)]
    [InlineData(PacketType.Auth, "", MqttVersion.V311)]
    [InlineData(PacketType.Disconnect, "05", MqttVersion.V5)]
    [InlineData(PacketType.Auth, "80", MqttVersion.V5)]
    [InlineData(PacketType.Disconnect, "00 01", MqttVersion.V5)]
    [InlineData(PacketType.Disconnect, "00 00 00", MqttVersion.V5)]
    public void Wrong_disconnects_are_malformed(PacketType type, string body, MqttVersion version) =>
        Assert.Equal(ReasonCode.MalformedPacket, ReasonPacket.TryRead(type, Wire.Hex(body), version, out _));
}
