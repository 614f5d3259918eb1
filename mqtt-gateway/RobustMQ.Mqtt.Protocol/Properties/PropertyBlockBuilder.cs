using System.Buffers.Binary;

namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>Encodes a property block into memory that it keeps. Order and repeats are the caller's. Not thread-safe.</summary>
public sealed class PropertyBlockBuilder
{
    private byte[] _bytes = new byte[64];
    private int _length;

    /// <summary>Valid until the next change.</summary>
    public ReadOnlySpan<byte> Encoded => _bytes.AsSpan(0, _length);

    public PropertyBlock Block => new(Encoded);

    public void Clear() => _length = 0;

    /// <summary>An integer property, in the width that its identifier has.</summary>
    public PropertyBlockBuilder Add(PropertyId id, uint value)
    {
        var target = Reserve(1 + sizeof(uint));
        target[0] = (byte)id;
        switch (PropertyRules.TypeOf(id))
        {
            case PropertyType.Byte:
                target[1] = checked((byte)value);
                _length += 2;
                break;
            case PropertyType.UInt16:
                BinaryPrimitives.WriteUInt16BigEndian(target[1..], checked((ushort)value));
                _length += 3;
                break;
            case PropertyType.UInt32:
                BinaryPrimitives.WriteUInt32BigEndian(target[1..], value);
                _length += 5;
                break;
            case PropertyType.Variable when value <= VariableInteger.ValueMax:
                _length += 1 + VariableInteger.Write(target[1..], (int)value);
                break;
            default:
                throw new ArgumentException($"{id} is no integer property, or its value is too large", nameof(id));
        }
        return this;
    }

    /// <summary>A text or binary property.</summary>
    public PropertyBlockBuilder Add(PropertyId id, ReadOnlySpan<byte> value)
    {
        if (PropertyRules.TypeOf(id) is not (PropertyType.Text or PropertyType.Binary))
            throw new ArgumentException($"{id} is no text or binary property", nameof(id));
        var target = Reserve(3 + value.Length);
        target[0] = (byte)id;
        _length += 1 + WireWriter.WriteBinary(target[1..], value);
        return this;
    }

    public PropertyBlockBuilder AddUser(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var target = Reserve(5 + name.Length + value.Length);
        target[0] = (byte)PropertyId.UserProperty;
        var at = 1 + WireWriter.WriteBinary(target[1..], name);
        _length += at + WireWriter.WriteBinary(target[at..], value);
        return this;
    }

    /// <summary>Properties that are encoded already.</summary>
    public PropertyBlockBuilder AddEncoded(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Reserve(encoded.Length));
        _length += encoded.Length;
        return this;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - _length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        return _bytes.AsSpan(_length);
    }
}
