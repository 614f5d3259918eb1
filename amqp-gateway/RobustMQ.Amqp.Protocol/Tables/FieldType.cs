namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>The letter before a field's value, as RabbitMQ and its clients use them (the specification's own list differs, and nobody follows it).</summary>
public enum FieldType : byte
{
    Boolean = (byte)'t',
    Int8 = (byte)'b',
    UInt8 = (byte)'B',
    Int16 = (byte)'s',
    UInt16 = (byte)'u',
    Int32 = (byte)'I',
    UInt32 = (byte)'i',
    Int64 = (byte)'l',

    /// <summary>Another letter for <see cref="Int64"/>, which some clients send.</summary>
    LongInt64 = (byte)'L',
    Float = (byte)'f',
    Double = (byte)'d',

    /// <summary><c>scale u8 | value i32</c></summary>
    Decimal = (byte)'D',

    /// <summary><c>length u32 | bytes</c>, mostly UTF-8.</summary>
    LongString = (byte)'S',

    /// <summary><c>length u32 | bytes</c>.</summary>
    Bytes = (byte)'x',

    /// <summary><c>length u32 | (type u8 | value)*</c></summary>
    Array = (byte)'A',

    /// <summary>Unix seconds, u64.</summary>
    Timestamp = (byte)'T',

    /// <summary><c>length u32 | (name shortstr | type u8 | value)*</c></summary>
    Table = (byte)'F',
    Void = (byte)'V',
}
