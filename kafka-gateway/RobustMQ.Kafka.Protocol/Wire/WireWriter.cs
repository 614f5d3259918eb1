using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>Writes a message. Small fields gather in the span that the output gave; <see cref="Complete"/> hands the last of them over.</summary>
public ref struct WireWriter : IWire
{
    private const int SpanBytesMin = 256;

    /// <summary>Bytes that are not copied where the output can do without: fewer cost more as a piece of their own.</summary>
    private const int ReferencedBytesMin = 4 << 10;

    private readonly IBufferWriter<byte> _output;
    private readonly bool _isFlexible;
    private Span<byte> _span;
    private int _used;

    public WireWriter(IBufferWriter<byte> output, short version, bool isFlexible)
    {
        _output = output;
        Version = version;
        _isFlexible = isFlexible;
        _span = output.GetSpan(SpanBytesMin);
    }

    public short Version { get; }

    public void Flag(ref bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    public void Int8(ref sbyte value) => Reserve(1)[0] = (byte)value;

    public void Int16(ref short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), value);

    public void Int32(ref int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void Int64(ref long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void Error(ref KafkaError value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(2), (short)value);

    public void Uuid(ref Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void Text(ref string value) => WriteText(value);

    public void NullableText(ref string? value)
    {
        if (value is not null)
            WriteText(value);
        else if (_isFlexible)
            WriteUnsignedVarint(0);
        else
            BinaryPrimitives.WriteInt16BigEndian(Reserve(2), -1);
    }

    public void Bytes(ref ReadOnlyMemory<byte> value)
    {
        WriteLength(value.Length);
        WriteRaw(value);
    }

    public void NullableBytes(ref ReadOnlyMemory<byte>? value)
    {
        WriteLength(value?.Length ?? -1);
        if (value is { } bytes)
            WriteRaw(bytes);
    }

    public void Int32s(ref IReadOnlyList<int> values)
    {
        WriteLength(values.Count);
        foreach (var value in values)
            BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);
    }

    public void Int64s(ref IReadOnlyList<long> values)
    {
        WriteLength(values.Count);
        foreach (var value in values)
            BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);
    }

    public void Texts(ref IReadOnlyList<string> values) => WriteTexts(values);

    public void NullableTexts(ref IReadOnlyList<string>? values) => WriteTexts(values);

    public void Items<T>(ref IReadOnlyList<T> items)
        where T : IWireItem, new() => WriteItems(items);

    public void NullableItems<T>(ref IReadOnlyList<T>? items)
        where T : IWireItem, new() => WriteItems(items);

    public void Tags()
    {
        if (_isFlexible)
            WriteUnsignedVarint(0);
    }

    /// <summary>Call once, behind the last field.</summary>
    public void Complete()
    {
        _output.Advance(_used);
        _span = default;
        _used = 0;
    }

    private void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (_isFlexible)
            WriteUnsignedVarint((uint)length + 1);
        else
            BinaryPrimitives.WriteInt16BigEndian(Reserve(2), checked((short)length));
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    private void WriteTexts(IReadOnlyList<string>? values)
    {
        WriteLength(values?.Count ?? -1);
        foreach (var value in values ?? [])
            WriteText(value);
    }

    private void WriteItems<T>(IReadOnlyList<T>? items)
        where T : IWireItem
    {
        WriteLength(items?.Count ?? -1);
        for (var index = 0; index < (items?.Count ?? 0); index++)
            items![index].Carry(ref this);
    }

    private void WriteLength(int length)
    {
        if (_isFlexible)
            WriteUnsignedVarint((uint)(length + 1));
        else
            BinaryPrimitives.WriteInt32BigEndian(Reserve(4), length);
    }

    private void WriteUnsignedVarint(uint value)
    {
        var bytes = Reserve(WireSizer.VarintBytes(value));
        for (var at = 0; at < bytes.Length; at++, value >>= 7)
            bytes[at] = (byte)(at == bytes.Length - 1 ? value : value | 0x80);
    }

    private void WriteRaw(ReadOnlyMemory<byte> bytes)
    {
        var isReferenced = bytes.Length >= ReferencedBytesMin && _output is IReferencingWriter;
        if (!isReferenced && bytes.Length <= _span.Length - _used)
        {
            bytes.Span.CopyTo(Reserve(bytes.Length));
            return;
        }
        _output.Advance(_used);
        if (isReferenced)
            ((IReferencingWriter)_output).Append(bytes);
        else
            _output.Write(bytes.Span);
        _span = _output.GetSpan(SpanBytesMin);
        _used = 0;
    }

    private Span<byte> Reserve(int count)
    {
        if (count > _span.Length - _used)
        {
            _output.Advance(_used);
            _span = _output.GetSpan(Math.Max(count, SpanBytesMin));
            _used = 0;
        }
        var bytes = _span.Slice(_used, count);
        _used += count;
        return bytes;
    }
}
