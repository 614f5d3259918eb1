using System.Buffers.Binary;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Protocol.Frames;

/// <summary>The payload of a method frame: <c>class u16 | method u16 | arguments</c>.</summary>
public readonly ref struct MethodFrame(MethodId id, ReadOnlySpan<byte> arguments)
{
    /// <summary>May be a number that is no method.</summary>
    public MethodId Id { get; } = id;

    public ReadOnlySpan<byte> Arguments { get; } = arguments;

    public ushort ClassNumber => (ushort)((uint)Id >> 16);

    public ushort MethodNumber => (ushort)Id;

    public static bool TryRead(ReadOnlySpan<byte> payload, out MethodFrame frame)
    {
        frame = default;
        if (payload.Length < sizeof(uint))
            return false;
        frame = new MethodFrame((MethodId)BinaryPrimitives.ReadUInt32BigEndian(payload), payload[sizeof(uint)..]);
        return true;
    }
}
