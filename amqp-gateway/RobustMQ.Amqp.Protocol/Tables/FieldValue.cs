using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>One value of a table or array: a slice of it. The lengths of nested values were not looked at.</summary>
public readonly ref struct FieldValue(FieldType type, ReadOnlySpan<byte> content)
{
    public FieldType Type { get; } = type;

    /// <summary>Without type and length prefix.</summary>
    public ReadOnlySpan<byte> Content { get; } = content;

    public bool IsInteger => Type is FieldType.Int8 or FieldType.UInt8 or FieldType.Int16 or FieldType.UInt16 or FieldType.Int32 or FieldType.UInt32
        or FieldType.Int64 or FieldType.LongInt64;

    /// <summary>Of an integer, boolean (0 or 1) or timestamp; 0 otherwise.</summary>
    public long Integer => Type switch
    {
        FieldType.Int8 => (sbyte)Content[0],
        FieldType.UInt8 or FieldType.Boolean => Content[0],
        FieldType.Int16 => ReadInt16BigEndian(Content),
        FieldType.UInt16 => ReadUInt16BigEndian(Content),
        FieldType.Int32 => ReadInt32BigEndian(Content),
        FieldType.UInt32 => ReadUInt32BigEndian(Content),
        FieldType.Int64 or FieldType.LongInt64 or FieldType.Timestamp => ReadInt64BigEndian(Content),
        _ => 0,
    };

    public double Float => Type switch
    {
        FieldType.Float => ReadSingleBigEndian(Content),
        FieldType.Double => ReadDoubleBigEndian(Content),
        _ => Integer,
    };

    /// <summary>Bytes of a value of this type, its length prefix included where it has one.</summary>
    /// <returns>-1: no type has this letter. -2: a length stands first.</returns>
    internal static int FixedSize(FieldType type) => type switch
    {
        FieldType.Void => 0,
        FieldType.Boolean or FieldType.Int8 or FieldType.UInt8 => 1,
        FieldType.Int16 or FieldType.UInt16 => 2,
        FieldType.Int32 or FieldType.UInt32 or FieldType.Float => 4,
        FieldType.Decimal => 5,
        FieldType.Int64 or FieldType.LongInt64 or FieldType.Double or FieldType.Timestamp => 8,
        FieldType.LongString or FieldType.Bytes or FieldType.Array or FieldType.Table => -2,
        _ => -1,
    };

    internal static bool TryRead(scoped ref AmqpReader reader, out FieldValue value)
    {
        var type = (FieldType)reader.ReadByte();
        var size = FixedSize(type);
        if (reader.IsMalformed || size == -1)
        {
            value = default;
            return false;
        }
        value = new FieldValue(type, size == -2 ? reader.ReadLongString() : reader.Take((uint)size));
        return !reader.IsMalformed;
    }
}
