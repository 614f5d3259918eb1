using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Tests;

public class WireReaderTests
{
    [Theory]
    [InlineData("80000000")]
    [InlineData("FFFFFFFE")]
    [InlineData("7FFFFFFF")]
    [InlineData("00000005")]
    public void An_array_that_cannot_be_is_malformed_and_costs_nothing(string length)
    {
        var reader = new WireReader(Convert.FromHexString(length + "0001"), 0, isFlexible: false);
        IReadOnlyList<int> values = [];
        reader.Int32s(ref values);

        Assert.True(reader.IsMalformed);
        Assert.Empty(values);
    }

    [Fact]
    public void Arrays_of_one_message_share_a_budget_of_elements()
    {
        // Topics without partitions, 6 bytes each, more of them than any client names.
        var bytes = new byte[(WireReader.ElementsMax + 1) * 6 + 64];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(14), WireReader.ElementsMax + 1);

        Assert.Null(Messages.Read(typeof(FetchRequest), FetchRequest.Api, 3, bytes));
    }

    [Theory]
    [InlineData("FFFFFFFF7F")]
    [InlineData("8080808080")]
    [InlineData("80")]
    public void A_varint_of_more_than_32_bits_or_without_an_end_is_malformed(string varint)
    {
        var reader = new WireReader(Convert.FromHexString(varint), 0, isFlexible: true);
        string? text = null;
        reader.NullableText(ref text);

        Assert.True(reader.IsMalformed);
        Assert.Null(text);
    }

    [Fact]
    public void Null_where_nothing_may_be_null_is_malformed()
    {
        var reader = new WireReader(Convert.FromHexString("FFFF"), 0, isFlexible: false);
        var text = "before";
        reader.Text(ref text);

        Assert.True(reader.IsMalformed);
        Assert.Equal("before", text);
    }

    [Fact]
    public void Tagged_fields_that_nobody_knows_are_skipped()
    {
        // Two tags, 0 with three bytes and 300 with none, then a byte that is no part of them.
        var reader = new WireReader(Convert.FromHexString("02" + "0003AABBCC" + "AC0200" + "7F"), 0, isFlexible: true);
        sbyte next = 0;
        reader.Tags();
        reader.Int8(ref next);

        Assert.False(reader.IsMalformed);
        Assert.Equal(0x7f, next);
    }

    [Theory]
    [InlineData("0100FF7F")]
    [InlineData("FFFFFFFF0F")]
    public void Tagged_fields_that_are_longer_than_the_message_are_malformed(string tags)
    {
        var reader = new WireReader(Convert.FromHexString(tags), 0, isFlexible: true);
        reader.Tags();

        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void Bytes_are_a_slice_of_what_was_read()
    {
        var memory = Convert.FromHexString("00000002AABB");
        var reader = new WireReader(memory, 0, isFlexible: false);
        ReadOnlyMemory<byte> bytes = default;
        reader.Bytes(ref bytes);
        memory[4] = 0xcc;

        Assert.Equal([0xcc, 0xbb], bytes.ToArray());
    }
}
