using System.Buffers.Binary;
using System.Text;

namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>
/// Reads a message out of one frame. Whatever cannot be right (short input, a negative length, null where nothing may be null) makes it
/// <see cref="IsMalformed"/>: every later read gives nothing and costs nothing, so the reading code needs no checks of its own.
/// </summary>
/// <remarks>An array's claimed length is believed as far as the bytes that are left could hold it, and all arrays of a message share a budget of elements.</remarks>
public ref struct WireReader : IWire
{
    /// <summary>Elements of all arrays of one message: a fetch of 100,000 partitions is far below, and a frame of one-byte elements cannot fill the memory.</summary>
    public const int ElementsMax = 250_000;

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isFlexible;
    private int _at;
    private int _elementsLeft = ElementsMax;

    public WireReader(ReadOnlyMemory<byte> memory, short version, bool isFlexible)
    {
        _memory = memory;
        _bytes = memory.Span;
        Version = version;
        _isFlexible = isFlexible;
    }

    public short Version { get; }

    public bool IsMalformed { get; private set; }

    /// <summary>Bytes read.</summary>
    public readonly int Position => _at;

    public readonly int BytesLeft => _bytes.Length - _at;

    public void Flag(ref bool value)
    {
        if (Take(1, out var bytes))
            value = bytes[0] != 0;
    }

    public void Int8(ref sbyte value)
    {
        if (Take(1, out var bytes))
            value = (sbyte)bytes[0];
    }

    public void Int16(ref short value)
    {
        if (Take(2, out var bytes))
            value = BinaryPrimitives.ReadInt16BigEndian(bytes);
    }

    public void Int32(ref int value)
    {
        if (Take(4, out var bytes))
            value = BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    public void Int64(ref long value)
    {
        if (Take(8, out var bytes))
            value = BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    public void Error(ref KafkaError value)
    {
        if (Take(2, out var bytes))
            value = (KafkaError)BinaryPrimitives.ReadInt16BigEndian(bytes);
    }

    public void Uuid(ref Guid value)
    {
        if (Take(16, out var bytes))
            value = new Guid(bytes, bigEndian: true);
    }

    public void Text(ref string value)
    {
        string? text = null;
        NullableText(ref text);
        if (text is null)
            IsMalformed = true;
        else
            value = text;
    }

    public void NullableText(ref string? value)
    {
        var length = _isFlexible ? ReadCompactLength() : ReadInt16();
        if (length >= 0 && Take(length, out var bytes))
            value = Encoding.UTF8.GetString(bytes);
        else
            value = NullOrMalformed<string>(length);
    }

    public void Bytes(ref ReadOnlyMemory<byte> value)
    {
        ReadOnlyMemory<byte>? bytes = null;
        NullableBytes(ref bytes);
        if (bytes is null)
            IsMalformed = true;
        else
            value = bytes.Value;
    }

    public void NullableBytes(ref ReadOnlyMemory<byte>? value)
    {
        value = null;
        var length = ReadLength();
        if (length >= 0 && Take(length, out _))
            value = _memory.Slice(_at - length, length);
        else
            IsMalformed |= length != -1;
    }

    public void Int32s(ref IReadOnlyList<int> values)
    {
        var count = ReadCount(sizeof(int));
        var list = new int[Math.Max(0, count)];
        foreach (ref var value in list.AsSpan())
            Int32(ref value);
        values = list;
        IsMalformed |= count < 0;
    }

    public void Int64s(ref IReadOnlyList<long> values)
    {
        var count = ReadCount(sizeof(long));
        var list = new long[Math.Max(0, count)];
        foreach (ref var value in list.AsSpan())
            Int64(ref value);
        values = list;
        IsMalformed |= count < 0;
    }

    public void Texts(ref IReadOnlyList<string> values)
    {
        IReadOnlyList<string>? read = null;
        NullableTexts(ref read);
        if (read is null)
            IsMalformed = true;
        else
            values = read;
    }

    public void NullableTexts(ref IReadOnlyList<string>? values)
    {
        var count = ReadCount(1);
        if (count < 0)
        {
            values = NullOrMalformed<IReadOnlyList<string>>(count);
            return;
        }
        var list = new List<string>(Math.Min(count, 64));
        for (var index = 0; index < count && !IsMalformed; index++)
        {
            var text = string.Empty;
            Text(ref text);
            list.Add(text);
        }
        values = list;
    }

    public void Items<T>(ref IReadOnlyList<T> items)
        where T : IWireItem, new()
    {
        IReadOnlyList<T>? read = null;
        NullableItems(ref read);
        if (read is null)
            IsMalformed = true;
        else
            items = read;
    }

    public void NullableItems<T>(ref IReadOnlyList<T>? items)
        where T : IWireItem, new()
    {
        var count = ReadCount(1);
        if (count < 0)
        {
            items = NullOrMalformed<IReadOnlyList<T>>(count);
            return;
        }
        var list = new List<T>(Math.Min(count, 64));
        for (var index = 0; index < count && !IsMalformed; index++)
        {
            var item = new T();
            item.Carry(ref this);
            list.Add(item);
        }
        items = list;
    }

    public void Tags()
    {
        if (!_isFlexible)
            return;
        var count = ReadUnsignedVarint();
        for (var index = 0u; index < count && !IsMalformed; index++)
        {
            _ = ReadUnsignedVarint();
            var length = ReadUnsignedVarint();
            if (length > BytesLeft)
                IsMalformed = true;
            else
                _at += (int)length;
        }
    }

    private T? NullOrMalformed<T>(int length)
        where T : class
    {
        IsMalformed |= length != -1;
        return null;
    }

    /// <returns>-1: null. Anything below: malformed.</returns>
    private int ReadCount(int elementBytes)
    {
        var count = ReadLength();
        if (count <= 0)
            return count;
        _elementsLeft -= count;
        if (_elementsLeft >= 0 && count <= BytesLeft / elementBytes)
            return count;
        IsMalformed = true;
        return -2;
    }

    private int ReadLength()
    {
        if (_isFlexible)
            return ReadCompactLength();
        var length = int.MinValue;
        Int32(ref length);
        return length;
    }

    private int ReadInt16()
    {
        var length = short.MinValue;
        Int16(ref length);
        return length;
    }

    private int ReadCompactLength()
    {
        var plusOne = ReadUnsignedVarint();
        if (IsMalformed || plusOne > int.MaxValue)
            return int.MinValue;
        return (int)plusOne - 1;
    }

    private uint ReadUnsignedVarint()
    {
        var value = 0u;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (!Take(1, out var bytes) || (shift == 28 && bytes[0] > 0x0f))
                break;
            value |= (uint)(bytes[0] & 0x7f) << shift;
            if (bytes[0] < 0x80)
                return value;
        }
        IsMalformed = true;
        return 0;
    }

    private bool Take(int count, out ReadOnlySpan<byte> bytes)
    {
        if (IsMalformed || count > BytesLeft)
        {
            IsMalformed = true;
            bytes = default;
            return false;
        }
        bytes = _bytes.Slice(_at, count);
        _at += count;
        return true;
    }
}
