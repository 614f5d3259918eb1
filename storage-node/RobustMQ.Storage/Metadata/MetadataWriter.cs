using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Metadata;

/// <summary>
/// Encodes one value: <c>version u8 | fields | crc u32</c>. Integers big-endian, text and bytes with an i32 length. The checksum (CRC-32C) covers the key and
/// everything before it, so a value can neither be damaged nor stand under another key without notice.
/// </summary>
internal sealed class MetadataWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public MetadataWriter(byte version) => Byte(version);

    public MetadataWriter Byte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
        return this;
    }

    public MetadataWriter Int16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_bytes.GetSpan(sizeof(short)), value);
        _bytes.Advance(sizeof(short));
        return this;
    }

    public MetadataWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
        return this;
    }

    public MetadataWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
        return this;
    }

    public MetadataWriter Bytes(ReadOnlySpan<byte> value)
    {
        Int32(value.Length);
        _bytes.Write(value);
        return this;
    }

    public MetadataWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public MetadataWriter Guid(Guid value)
    {
        value.TryWriteBytes(_bytes.GetSpan(16), bigEndian: true, out _);
        _bytes.Advance(16);
        return this;
    }

    public byte[] Seal(byte[] key)
    {
        byte[] covered = [.. key, .. _bytes.WrittenSpan];
        var crc = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32C.Compute(covered));
        return [.. _bytes.WrittenSpan, .. crc];
    }
}
