using System.Buffers;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Frames;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Tests;

public class FrameTests
{
    [Fact]
    public void A_flexible_requests_header_has_a_plain_client_id_and_tags()
    {
        var frame = Convert.FromHexString("0012" + "0003" + "00000007" + "0002" + "6162" + "00" + "AA");

        Assert.True(RequestHeader.TryReadFixed(frame, out var header));
        Assert.True(header.TryReadRest(frame, isFlexible: true, out header));

        Assert.Equal(new RequestHeader(18, 3, 7, "ab", 13), header);
    }

    [Fact]
    public void A_client_id_may_be_null()
    {
        var frame = Convert.FromHexString("0012" + "0000" + "00000007" + "FFFF");

        Assert.True(RequestHeader.TryReadFixed(frame, out var header));
        Assert.True(header.TryReadRest(frame, isFlexible: false, out header));

        Assert.Null(header.ClientId);
        Assert.Equal(frame.Length, header.Length);
    }

    /// <summary>Large fields are taken as they lie, and the bytes are those of an output that copies them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void An_output_that_takes_references_gets_the_same_bytes(int length)
    {
        var records = new byte[length];
        new Random(length).NextBytes(records);
        var response = new FetchResponse { Topics = [new() { Name = "a", Partitions = [new() { Records = records }, new() { Index = 1, Records = records }] }, new() { Name = "b" }] };
        var (copied, referenced) = (new ArrayBufferWriter<byte>(), new ReferencingWriter());
        var bytes = ResponseFrame.Write(copied, FetchRequest.Api, 12, 7, response);
        Assert.Equal(bytes, ResponseFrame.Write(referenced, FetchRequest.Api, 12, 7, response));
        Assert.Equal(copied.WrittenSpan, referenced.All);
        Assert.Equal(length < 4096 ? 0 : 2, referenced.References);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00120000000000")]
    public void Less_than_a_header_is_none(string frame) => Assert.False(RequestHeader.TryReadFixed(Convert.FromHexString(frame), out _));

    [Fact]
    public void A_header_that_was_cut_behind_its_fixed_part_is_malformed()
    {
        var frame = Convert.FromHexString("0012" + "0003" + "00000007" + "0002" + "61");

        Assert.True(RequestHeader.TryReadFixed(frame, out var header));
        Assert.False(header.TryReadRest(frame, isFlexible: true, out _));
    }

    [Fact]
    public void A_response_is_framed_with_its_length_and_the_requests_number() =>
        Assert.Equal("0000000A" + "00000007" + "00000000" + "0010", Hex(HeartbeatRequest.Api, 1, new HeartbeatResponse { Error = KafkaError.NotCoordinator }));

    [Fact]
    public void A_flexible_response_has_tags_in_its_header_and_behind_its_body() =>
        Assert.Equal("0000000C" + "00000007" + "00" + "00000000" + "0000" + "00", Hex(HeartbeatRequest.Api, 4, new HeartbeatResponse()));

    [Fact]
    public void An_answer_about_versions_has_no_tags_in_its_header() =>
        Assert.Equal(
            "00000013" + "00000007" + "0000" + "02" + "0012" + "0000" + "0004" + "00" + "00000000" + "00",
            Hex(ApiVersionsRequest.Api, 3, new ApiVersionsResponse { Apis = [new() { Key = 18, Min = 0, Max = 4 }] }));

    private static string Hex<T>(KafkaApi api, short version, T body)
        where T : Wire.IWireItem
    {
        var output = new ArrayBufferWriter<byte>();
        var written = ResponseFrame.Write(output, api, version, 7, body);
        Assert.Equal(output.WrittenCount, written);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private sealed class ReferencingWriter : IReferencingWriter
    {
        private readonly ArrayBufferWriter<byte> _all = new();

        public int References { get; private set; }

        public ReadOnlySpan<byte> All => _all.WrittenSpan;

        public void Advance(int count) => _all.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => _all.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => _all.GetSpan(sizeHint);

        public void Append(ReadOnlyMemory<byte> bytes)
        {
            _all.Write(bytes.Span);
            References++;
        }
    }
}
