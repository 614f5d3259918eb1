using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol;

/// <summary>Reads the elementary types one after the other, all of them big-endian. A short input makes it malformed for good, and every further value empty.</summary>
public ref struct AmqpReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    public bool IsMalformed { get; private set; }

    /// <summary>Everything was read and nothing was missing.</summary>
    public readonly bool IsWhole => !IsMalformed && _rest.IsEmpty;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => TryTake(1, out var bytes) ? bytes[0] : (byte)0;

    public ushort ReadUInt16() => TryTake(2, out var bytes) ? ReadUInt16BigEndian(bytes) : (ushort)0;

    public uint ReadUInt32() => TryTake(4, out var bytes) ? ReadUInt32BigEndian(bytes) : 0;

    public ulong ReadUInt64() => TryTake(8, out var bytes) ? ReadUInt64BigEndian(bytes) : 0;

    /// <summary><c>length u8 | bytes</c></summary>
    public ReadOnlySpan<byte> ReadShortString() => Take(ReadByte());

    /// <summary><c>length u32 | bytes</c></summary>
    public ReadOnlySpan<byte> ReadLongString() => Take(ReadUInt32());

    /// <summary><c>length u32 | fields</c>; the fields are not looked at.</summary>
    public ReadOnlySpan<byte> ReadTable() => ReadLongString();

    public ReadOnlySpan<byte> Take(uint length)
    {
        if (length <= (uint)_rest.Length && TryTake((int)length, out var bytes))
            return bytes;
        Fail();
        return default;
    }

    private bool TryTake(int length, out ReadOnlySpan<byte> bytes)
    {
        if (_rest.Length < length)
        {
            Fail();
            bytes = default;
            return false;
        }
        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    private void Fail()
    {
        IsMalformed = true;
        _rest = default;
    }
}
