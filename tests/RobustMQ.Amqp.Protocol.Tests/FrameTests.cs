using System.Buffers;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Protocol.Tests;

public class FrameTests
{
    private const string Body = "0300010000000568656C6C6FCE";
    private const string Heartbeat = "08000000000000CE";

    [Fact]
    public void A_frame_is_read_and_tells_its_length()
    {
        byte[] input = [.. Convert.FromHexString(Body), 1, 2, 3];

        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(input, 4096, out var frame));
        Assert.Equal(FrameType.Body, frame.Type);
        Assert.Equal(1, frame.Channel);
        Assert.Equal("hello"u8, frame.Payload);
        Assert.Equal(input.Length - 3, frame.TotalBytes);
    }

    [Fact]
    public void A_heartbeat_is_an_empty_frame_of_channel_0()
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteHeartbeat(output);

        Assert.Equal(Heartbeat, Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void Every_prefix_of_a_frame_needs_more()
    {
        var whole = Convert.FromHexString(Body);
        for (var length = 0; length < whole.Length; length++)
            Assert.Equal(FrameStatus.NeedsMore, AmqpFrame.TryRead(whole.AsSpan(0, length), 4096, out _));
    }

    [Fact]
    public void A_wrong_end_is_told()
    {
        var frame = Convert.FromHexString(Body);
        frame[^1] = 0xCD;

        Assert.Equal(FrameStatus.BadEnd, AmqpFrame.TryRead(frame, 4096, out _));
    }

    [Fact]
    public void A_type_that_is_none_is_told_at_its_first_byte() => Assert.Equal(FrameStatus.UnknownType, AmqpFrame.TryRead([7], 4096, out _));

    [Theory]
    [InlineData(4096 - AmqpFrame.Overhead, FrameStatus.NeedsMore)]
    [InlineData(4096 - AmqpFrame.Overhead + 1, FrameStatus.TooLarge)]
    [InlineData(-1, FrameStatus.TooLarge)]
    public void A_frame_above_the_maximum_is_told_from_its_header(int size, FrameStatus expected)
    {
        byte[] header = [1, 0, 0, 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(3), size);

        Assert.Equal(expected, AmqpFrame.TryRead(header, 4096, out _));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(4088, 1)]
    [InlineData(4089, 2)]
    [InlineData(8176, 2)]
    [InlineData(10_000, 3)]
    public void A_content_is_cut_into_as_many_body_frames_as_the_maximum_demands(int bytes, int frames)
    {
        var body = new byte[bytes];
        Random.Shared.NextBytes(body);
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteContent(output, 3, new BasicPublish { Exchange = "x"u8, RoutingKey = "k"u8 }, [0, 0], body, 4096);

        var rest = output.WrittenSpan;
        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(rest, 4096, out var method));
        rest = rest[method.TotalBytes..];
        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(rest, 4096, out var header));
        rest = rest[header.TotalBytes..];
        Assert.True(ContentHeader.TryRead(header.Payload, out var content));
        Assert.Equal((ulong)bytes, content.BodyBytes);
        var read = new List<byte>();
        var count = 0;
        for (; !rest.IsEmpty; count++)
        {
            Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(rest, 4096, out var frame));
            Assert.Equal((FrameType.Body, (ushort)3), (frame.Type, frame.Channel));
            read.AddRange(frame.Payload);
            rest = rest[frame.TotalBytes..];
        }
        Assert.Equal(frames, count);
        Assert.Equal(body, read);
    }

    [Theory]
    [InlineData("", ProtocolHeaderStatus.Short)]
    [InlineData("414D51500000", ProtocolHeaderStatus.Short)]
    [InlineData("414D515000000901", ProtocolHeaderStatus.Whole)]
    [InlineData("414D515000000901FF", ProtocolHeaderStatus.Whole)]
    [InlineData("414D515003010000", ProtocolHeaderStatus.Other)]
    [InlineData("47", ProtocolHeaderStatus.Other)]
    public void A_protocol_header_is_told_as_early_as_possible(string input, ProtocolHeaderStatus expected) =>
        Assert.Equal(expected, ProtocolHeader.Check(Convert.FromHexString(input)));
}
