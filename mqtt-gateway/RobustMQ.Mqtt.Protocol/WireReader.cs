using System.Buffers.Binary;

namespace RobustMQ.Mqtt.Protocol;

/// <summary>Reads the fields of one packet's body from its front. Every method answers false where the bytes end too early or are no such field.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public readonly bool IsEnd => _rest.IsEmpty;

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (_rest.IsEmpty)
            return false;
        value = _rest[0];
        _rest = _rest[1..];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value))
            return false;
        _rest = _rest[2..];
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_rest, out value))
            return false;
        _rest = _rest[4..];
        return true;
    }

    public bool TryReadVariable(out int value)
    {
        if (VariableInteger.TryRead(_rest, out value, out var bytes) != VariableIntegerStatus.Value)
            return false;
        _rest = _rest[bytes..];
        return true;
    }

    /// <summary>Two bytes of length, then so many bytes (5.0 section 1.5.6).</summary>
    public bool TryReadBinary(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_rest, out var length) || _rest.Length - 2 < length)
            return false;
        value = _rest.Slice(2, length);
        _rest = _rest[(2 + length)..];
        return true;
    }

    /// <summary>As <see cref="TryReadBinary"/>; UTF-8 without U+0000 (5.0 section 1.5.4).</summary>
    public bool TryReadText(out ReadOnlySpan<byte> value) => TryReadBinary(out value) && MqttText.IsValid(value);

    /// <summary>A length as a variable integer, then so many bytes: a property block.</summary>
    public bool TryReadBlock(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadVariable(out var length) || length > _rest.Length)
            return false;
        value = _rest[..length];
        _rest = _rest[length..];
        return true;
    }
}
