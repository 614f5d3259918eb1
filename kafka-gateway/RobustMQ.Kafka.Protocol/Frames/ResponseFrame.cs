using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Frames;

/// <summary>A whole response: <c>length i32 | correlation_id i32 | tagged fields, of flexible versions | body</c>.</summary>
public static class ResponseFrame
{
    private const int PrefixBytes = 8;

    /// <returns>Bytes written.</returns>
    /// <exception cref="InvalidOperationException">The body is larger than a frame can be; nothing was written.</exception>
    public static int Write<T>(IBufferWriter<byte> output, KafkaApi api, short version, int correlationId, T body)
        where T : IWireItem
    {
        var isFlexible = api.IsFlexible(version);
        var sizer = new WireSizer(version, isFlexible);
        body.Carry(ref sizer);
        var headerBytes = api.HasFlexibleResponseHeader(version) ? 1 : 0;
        var length = sizer.Bytes + sizeof(int) + headerBytes;
        if (length > int.MaxValue - sizeof(int))
            throw new InvalidOperationException($"a response of {length} bytes is no frame");

        var prefix = output.GetSpan(PrefixBytes + 1);
        BinaryPrimitives.WriteInt32BigEndian(prefix, (int)length);
        BinaryPrimitives.WriteInt32BigEndian(prefix[sizeof(int)..], correlationId);
        prefix[PrefixBytes] = 0;
        output.Advance(PrefixBytes + headerBytes);

        var writer = new WireWriter(output, version, isFlexible);
        body.Carry(ref writer);
        writer.Complete();
        return (int)length + sizeof(int);
    }
}
