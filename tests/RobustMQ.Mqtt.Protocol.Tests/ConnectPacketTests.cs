using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Tests;

public class ConnectPacketTests
{
    // Name, level, flags (user, password, will QoS 1, will, clean), keep alive 10, session expiry 10, client "c", will delay 5, topic "w", payload "x", user "u", password "p".
    private const string Everything =
        "10 25 0004 4D515454 05 CE 000A 05 11 0000000A 0001 63 05 18 00000005 0001 77 0001 78 0001 75 0001 70";

    [Fact]
    public void A_packet_with_everything_is_read()
    {
        var bytes = Wire.Hex(Everything);
        Assert.Equal(ReasonCode.Success, ConnectPacket.TryRead(Wire.Body(bytes, out _), out var packet));

        Assert.Equal(MqttVersion.V5, packet.Version);
        Assert.True(packet.CleanStart);
        Assert.Equal(10, packet.KeepAlive);
        Assert.Equal(10u, packet.Properties.Number(PropertyId.SessionExpiryInterval, 0));
        Assert.Equal("c", Wire.Text(packet.ClientId));
        Assert.True(packet.HasWill);
        Assert.Equal(1, packet.WillQos);
        Assert.False(packet.WillRetain);
        Assert.Equal(5u, packet.WillProperties.Number(PropertyId.WillDelayInterval, 0));
        Assert.Equal("w", Wire.Text(packet.WillTopic));
        Assert.Equal("x", Wire.Text(packet.WillPayload));
        Assert.Equal("u", Wire.Text(packet.UserName));
        Assert.Equal("p", Wire.Text(packet.Password));
    }

    [Fact]
    public void What_was_read_is_written_again_byte_for_byte()
    {
        var bytes = Wire.Hex(Everything);

        Assert.Equal(Convert.ToHexString(bytes), Wire.Written(target =>
        {
            Assert.Equal(ReasonCode.Success, ConnectPacket.TryRead(Wire.Body(bytes, out _), out var packet));
            packet.Write(target);
        }));
    }

    [Theory]
    [InlineData("10 0D 0004 4D515454 04 02 003C 0001 61", MqttVersion.V311)]
    [InlineData("10 0F 0006 4D5149736470 03 02 003C 0001 61", MqttVersion.V31)]
    [InlineData("10 0E 0004 4D515454 05 02 003C 00 0001 61", MqttVersion.V5)]
    public void Every_level_has_its_name(string hex, MqttVersion version)
    {
        Assert.Equal(ReasonCode.Success, ConnectPacket.TryRead(Wire.Body(Wire.Hex(hex), out _), out var packet));
        Assert.Equal(version, packet.Version);
        Assert.Equal("a", Wire.Text(packet.ClientId));
    }

    [Fact]
    public void Every_shorter_body_is_malformed()
    {
        var body = Wire.Body(Wire.Hex(Everything), out _);
        for (var length = 0; length < body.Length; length++)
            Assert.Equal(ReasonCode.MalformedPacket, ConnectPacket.TryRead(body[..length], out _));
    }

    [Theory]
    [InlineData("0004 4D515454 06 02 003C 0001 61", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("0004 4D515454 03 02 003C 0001 61", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("0006 4D5149736470 04 02 003C 0001 61", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("0004 4D515455 04 02 003C 0001 61", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 03 003C 0001 61", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 1E 003C 0001 61 0001 61 0000", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 22 003C 0001 61", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 0A 003C 0001 61", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 42 003C 0001 61 0001 61", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 02 003C 0001 61 00", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 02 003C 0001 00", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 04 02 003C 0003 EDA080", ReasonCode.MalformedPacket)]
    [InlineData("0004 4D515454 05 02 003C 03 210000 0001 61", ReasonCode.ProtocolError)]
    [InlineData("0004 4D515454 05 02 003C 0A 1100000001 1100000001 0001 61", ReasonCode.ProtocolError)]
    [InlineData("0004 4D515454 05 02 003C 04 16000161 0001 61", ReasonCode.ProtocolError)]
    [InlineData("0004 4D515454 05 02 003C 02 1702 0001 61", ReasonCode.ProtocolError)]
    [InlineData("0004 4D515454 05 02 003C 05 0200000001 0001 61", ReasonCode.ProtocolError)]
    [InlineData("0004 4D515454 05 02 003C 02 0501 0001 61", ReasonCode.MalformedPacket)]
    public void Wrong_packets_are_refused_with_their_reason(string hex, ReasonCode reason) =>
        Assert.Equal(reason, ConnectPacket.TryRead(Wire.Hex(hex), out _));

    [Fact]
    public void A_password_without_a_user_is_fine_in_5() =>
        Assert.Equal(ReasonCode.Success, ConnectPacket.TryRead(Wire.Hex("0004 4D515454 05 42 003C 00 0001 61 0001 61"), out _));
}
