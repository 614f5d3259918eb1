using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Protocol.Tests;

public class ContentTests
{
    /// <summary>A header frame with every property, as python3-pika encodes it.</summary>
    private const string Everything = "02000100000046003C0000000000000000000BFFFC0A746578742F706C61696E057574662D3800000007016849000000010204016301720431303030016D000000006553F10001740175016100CE";

    private const string Nothing = "0200010000000E003C000000000000000000000000CE";

    [Fact]
    public void Every_property_is_read_and_written_as_it_was()
    {
        var input = PropertiesOf(Everything);

        Assert.True(BasicProperties.TryRead(input, out var properties));
        Assert.Equal("text/plain"u8, properties.ContentType);
        Assert.Equal("utf-8"u8, properties.ContentEncoding);
        Assert.True(FieldTableReader.TryFind(properties.Headers, "h"u8, out var header));
        Assert.Equal(1, header.Integer);
        Assert.True(properties.IsPersistent);
        Assert.Equal(4, properties.Priority);
        Assert.Equal("c"u8, properties.CorrelationId);
        Assert.Equal("r"u8, properties.ReplyTo);
        Assert.Equal("1000"u8, properties.Expiration);
        Assert.Equal("m"u8, properties.MessageId);
        Assert.Equal(1_700_000_000UL, properties.Timestamp);
        Assert.Equal("t"u8, properties.Type);
        Assert.Equal("u"u8, properties.UserId);
        Assert.Equal("a"u8, properties.AppId);
        Assert.True(properties.Has(PropertyFlags.ClusterId) && properties.ClusterId.IsEmpty);
        Assert.Equal(input, properties.ToArray());
    }

    [Fact]
    public void A_message_without_properties_has_two_bytes_of_them()
    {
        var input = PropertiesOf(Nothing);

        Assert.Equal(2, input.Length);
        Assert.True(BasicProperties.TryRead(input, out var properties));
        Assert.Equal(PropertyFlags.None, properties.Flags);
        Assert.Equal(input, properties.ToArray());
    }

    [Fact]
    public void Every_prefix_of_properties_is_malformed_and_so_is_a_byte_too_many()
    {
        var input = PropertiesOf(Everything);
        for (var length = 0; length < input.Length; length++)
            Assert.False(BasicProperties.TryRead(input.AsSpan(0, length), out _), $"{length} bytes are enough");
        Assert.False(BasicProperties.TryRead([.. input, 0], out _));
    }

    [Theory]
    [InlineData("0001")]
    [InlineData("0002")]
    public void Flags_that_nobody_has_defined_are_refused(string flags) => Assert.False(BasicProperties.TryRead(Convert.FromHexString(flags), out _));

    [Theory]
    [InlineData("003C00010000000000000000" + "0000")]
    [InlineData("003C00000000000000000000")]
    [InlineData("003C0000")]
    public void A_header_with_a_weight_or_without_flags_is_refused(string payload) => Assert.False(ContentHeader.TryRead(Convert.FromHexString(payload), out _));

    private static byte[] PropertiesOf(string frame)
    {
        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(Convert.FromHexString(frame), 4096, out var header));
        Assert.True(ContentHeader.TryRead(header.Payload, out var content));
        return content.Properties.ToArray();
    }
}
