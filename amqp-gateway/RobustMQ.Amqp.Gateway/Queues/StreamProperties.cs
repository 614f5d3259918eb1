using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>Encodes properties with the offset that a stream's consumers are told in the header <c>x-stream-offset</c>, into buffers that are used again. Not thread-safe.</summary>
internal sealed class StreamProperties
{
    /// <summary>The header: length and bytes of the name, type, value.</summary>
    private const int HeaderBytes = 1 + 15 + 1 + sizeof(long);

    private byte[] _headers = new byte[256];
    private byte[] _properties = new byte[256];

    private static ReadOnlySpan<byte> Name => "x-stream-offset"u8;

    /// <param name="properties">As they were published. Malformed ones stay as they are.</param>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<byte> WithOffset(ReadOnlySpan<byte> properties, long offset)
    {
        if (!BasicProperties.TryRead(properties, out var read))
            return properties;
        Reserve(ref _headers, read.Headers.Length + HeaderBytes);
        var headers = new AmqpWriter(_headers);
        CopyOthers(read.Headers, ref headers);
        headers.WriteShortString(Name);
        headers.WriteByte((byte)FieldType.Int64);
        headers.WriteUInt64((ulong)offset);
        read.Flags |= PropertyFlags.Headers;
        read.Headers = _headers.AsSpan(0, headers.Length);
        Reserve(ref _properties, read.Size);
        var writer = new AmqpWriter(_properties);
        read.Write(ref writer);
        return _properties.AsSpan(0, writer.Length);
    }

    /// <summary>What was read from a stream and published again tells where it was read; it is somewhere else now.</summary>
    private static void CopyOthers(ReadOnlySpan<byte> headers, ref AmqpWriter writer)
    {
        var fields = new FieldTableReader(headers);
        while (fields.MoveNext())
        {
            if (!fields.Name.SequenceEqual(Name))
                writer.WriteField(fields.Name, fields.Value);
        }
    }

    private static void Reserve(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
            buffer = new byte[Math.Max(bytes, buffer.Length * 2)];
    }
}
