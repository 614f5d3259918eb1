using System.Buffers;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Methods;
using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol.Frames;

/// <summary>Writes frames, each with one reservation of memory. The caller keeps to the frame maximum: only a content's body is cut to it here.</summary>
public static class FrameWriter
{
    public static void WriteMethod<T>(IBufferWriter<byte> output, ushort channel, in T method)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var total = MethodFrameBytes(method);
        var written = WriteMethod(output.GetSpan(total), channel, method);
        output.Advance(written);
    }

    /// <summary>A method that is followed by a content: its frame, the content's header and as many body frames as the maximum demands.</summary>
    /// <param name="properties">As <see cref="ContentHeader.Properties"/>.</param>
    /// <param name="frameMax">Of a whole frame.</param>
    public static void WriteContent<T>(IBufferWriter<byte> output, ushort channel, in T method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body, int frameMax)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var head = MethodFrameBytes(method) + AmqpFrame.Overhead + ContentHeader.FixedSize + properties.Length;
        var firstBody = Math.Min(body.Length, frameMax - AmqpFrame.Overhead);
        var bodyFrame = firstBody == 0 ? 0 : firstBody + AmqpFrame.Overhead;
        var span = output.GetSpan(head + bodyFrame);
        var at = WriteMethod(span, channel, method);
        at += WriteHeader(span[at..], channel, properties, (ulong)body.Length);
        if (bodyFrame > 0)
            at += WriteFrame(span[at..], FrameType.Body, channel, body[..firstBody]);
        output.Advance(at);
        for (var rest = body[firstBody..]; !rest.IsEmpty;)
        {
            var length = Math.Min(rest.Length, frameMax - AmqpFrame.Overhead);
            span = output.GetSpan(length + AmqpFrame.Overhead);
            output.Advance(WriteFrame(span, FrameType.Body, channel, rest[..length]));
            rest = rest[length..];
        }
    }

    public static void WriteHeartbeat(IBufferWriter<byte> output) => output.Advance(WriteFrame(output.GetSpan(AmqpFrame.Overhead), FrameType.Heartbeat, 0, default));

    private static int MethodFrameBytes<T>(in T method)
        where T : IAmqpMethod<T>, allows ref struct => AmqpFrame.Overhead + sizeof(uint) + method.Size;

    private static int WriteMethod<T>(Span<byte> target, ushort channel, in T method)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var total = MethodFrameBytes(method);
        BeginFrame(target, FrameType.Method, channel, total - AmqpFrame.Overhead);
        WriteUInt32BigEndian(target[AmqpFrame.HeaderSize..], (uint)T.Id);
        var writer = new AmqpWriter(target[(AmqpFrame.HeaderSize + sizeof(uint))..(total - 1)]);
        method.Write(ref writer);
        target[total - 1] = AmqpFrame.End;
        return total;
    }

    private static int WriteHeader(Span<byte> target, ushort channel, ReadOnlySpan<byte> properties, ulong bodyBytes)
    {
        var size = ContentHeader.FixedSize + properties.Length;
        BeginFrame(target, FrameType.Header, channel, size);
        var writer = new AmqpWriter(target.Slice(AmqpFrame.HeaderSize, size));
        writer.WriteUInt16(ContentHeader.BasicClass);
        writer.WriteUInt16(0);
        writer.WriteUInt64(bodyBytes);
        writer.WriteBytes(properties);
        target[AmqpFrame.HeaderSize + size] = AmqpFrame.End;
        return size + AmqpFrame.Overhead;
    }

    private static int WriteFrame(Span<byte> target, FrameType type, ushort channel, ReadOnlySpan<byte> payload)
    {
        BeginFrame(target, type, channel, payload.Length);
        payload.CopyTo(target[AmqpFrame.HeaderSize..]);
        target[AmqpFrame.HeaderSize + payload.Length] = AmqpFrame.End;
        return payload.Length + AmqpFrame.Overhead;
    }

    private static void BeginFrame(Span<byte> target, FrameType type, ushort channel, int size)
    {
        target[0] = (byte)type;
        WriteUInt16BigEndian(target[1..], channel);
        WriteUInt32BigEndian(target[3..], (uint)size);
    }
}
