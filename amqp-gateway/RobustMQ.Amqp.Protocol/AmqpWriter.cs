using RobustMQ.Amqp.Protocol.Tables;
using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol;

/// <summary>Writes the elementary types into memory whose size the caller has worked out beforehand.</summary>
public ref struct AmqpWriter(Span<byte> target)
{
    /// <summary>Longest short string, bytes.</summary>
    public const int ShortStringBytesMax = 255;

    private readonly Span<byte> _target = target;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public void WriteByte(byte value) => _target[Length++] = value;

    public void WriteUInt16(ushort value)
    {
        WriteUInt16BigEndian(_target[Length..], value);
        Length += 2;
    }

    public void WriteUInt32(uint value)
    {
        WriteUInt32BigEndian(_target[Length..], value);
        Length += 4;
    }

    public void WriteUInt64(ulong value)
    {
        WriteUInt64BigEndian(_target[Length..], value);
        Length += 8;
    }

    /// <exception cref="ArgumentException">The text is longer than a short string can be.</exception>
    public void WriteShortString(ReadOnlySpan<byte> text)
    {
        if (text.Length > ShortStringBytesMax)
            throw new ArgumentException($"a short string has at most {ShortStringBytesMax} bytes", nameof(text));
        WriteByte((byte)text.Length);
        WriteBytes(text);
    }

    public void WriteLongString(ReadOnlySpan<byte> bytes)
    {
        WriteUInt32((uint)bytes.Length);
        WriteBytes(bytes);
    }

    /// <param name="fields">As a table holds them, without their length.</param>
    public void WriteTable(ReadOnlySpan<byte> fields) => WriteLongString(fields);

    /// <summary>A field of a table as it was read.</summary>
    public void WriteField(ReadOnlySpan<byte> name, in FieldValue value)
    {
        WriteShortString(name);
        WriteByte((byte)value.Type);
        if (FieldValue.FixedSize(value.Type) == -2)
            WriteLongString(value.Content);
        else
            WriteBytes(value.Content);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[Length..]);
        Length += bytes.Length;
    }
}
