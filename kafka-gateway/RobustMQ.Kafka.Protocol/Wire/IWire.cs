namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>
/// The primitive types of the protocol ("Protocol Primitive Types" of the Kafka documentation), all integers big-endian. Lengths of texts, bytes and arrays are plain
/// (-1: null) or, in flexible versions, compact: an unsigned varint of the length plus one, 0 for null.
/// </summary>
public interface IWire
{
    /// <summary>Of the API, as both sides agreed.</summary>
    short Version { get; }

    void Flag(ref bool value);

    void Int8(ref sbyte value);

    void Int16(ref short value);

    void Int32(ref int value);

    void Int64(ref long value);

    void Error(ref KafkaError value);

    /// <summary>16 bytes; the most significant first.</summary>
    void Uuid(ref Guid value);

    void Text(ref string value);

    void NullableText(ref string? value);

    /// <summary>A slice of the frame that was read: valid as long as that.</summary>
    void Bytes(ref ReadOnlyMemory<byte> value);

    void NullableBytes(ref ReadOnlyMemory<byte>? value);

    void Int32s(ref IReadOnlyList<int> values);

    void Int64s(ref IReadOnlyList<long> values);

    void Texts(ref IReadOnlyList<string> values);

    void NullableTexts(ref IReadOnlyList<string>? values);

    void Items<T>(ref IReadOnlyList<T> items)
        where T : IWireItem, new();

    void NullableItems<T>(ref IReadOnlyList<T>? items)
        where T : IWireItem, new();

    /// <summary>End of a message or item: in flexible versions the tagged fields. None are written; those that are read are skipped.</summary>
    void Tags();
}
