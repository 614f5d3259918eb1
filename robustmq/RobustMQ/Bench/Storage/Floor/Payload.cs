using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>A message of nothing but bytes: copied once where it is sent, and only counted where it comes.</summary>
/// <param name="Bytes">Empty in a message that came, except for one as small as a number.</param>
internal sealed record Payload(ReadOnlyMemory<byte> Bytes, int Length)
{
    public static Marshaller<Payload> Marshaller { get; } = new(Write, Read);

    public static Payload Of(byte[] bytes) => new(bytes, bytes.Length);

    public static Payload Of(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Of(bytes);
    }

    public int ToNumber() => BinaryPrimitives.ReadInt32LittleEndian(Bytes.Span);

    private static void Write(Payload payload, SerializationContext context)
    {
        context.SetPayloadLength(payload.Length);
        context.GetBufferWriter().Write(payload.Bytes.Span);
        context.Complete();
    }

    private static Payload Read(DeserializationContext context)
    {
        var bytes = context.PayloadAsReadOnlySequence();
        return new Payload(bytes.Length == sizeof(int) ? bytes.ToArray() : default, (int)bytes.Length);
    }
}
