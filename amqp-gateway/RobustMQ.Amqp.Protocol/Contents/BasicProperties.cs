namespace RobustMQ.Amqp.Protocol.Contents;

/// <summary>
/// The properties of a message: <c>flags u16 | value of each flag that is set, from the highest bit down</c>. Strings and the header table are slices of what they were
/// read from; a property that is not there is empty, and <see cref="Flags"/> tells it from one that is.
/// </summary>
public ref struct BasicProperties
{
    private const ushort UnknownFlags = 0b11;

    public PropertyFlags Flags { get; set; }

    public ReadOnlySpan<byte> ContentType { get; set; }

    public ReadOnlySpan<byte> ContentEncoding { get; set; }

    /// <summary>A field table without its length.</summary>
    public ReadOnlySpan<byte> Headers { get; set; }

    public byte DeliveryMode { get; set; }

    public byte Priority { get; set; }

    public ReadOnlySpan<byte> CorrelationId { get; set; }

    public ReadOnlySpan<byte> ReplyTo { get; set; }

    /// <summary>Milliseconds, decimal text.</summary>
    public ReadOnlySpan<byte> Expiration { get; set; }

    public ReadOnlySpan<byte> MessageId { get; set; }

    /// <summary>Unix seconds.</summary>
    public ulong Timestamp { get; set; }

    public ReadOnlySpan<byte> Type { get; set; }

    public ReadOnlySpan<byte> UserId { get; set; }

    public ReadOnlySpan<byte> AppId { get; set; }

    public ReadOnlySpan<byte> ClusterId { get; set; }

    public readonly bool Has(PropertyFlags flag) => (Flags & flag) != 0;

    public readonly bool IsPersistent => DeliveryMode == 2;

    public readonly int Size =>
        sizeof(ushort) + Text(PropertyFlags.ContentType, ContentType) + Text(PropertyFlags.ContentEncoding, ContentEncoding)
        + (Has(PropertyFlags.Headers) ? sizeof(uint) + Headers.Length : 0)
        + (Has(PropertyFlags.DeliveryMode) ? 1 : 0) + (Has(PropertyFlags.Priority) ? 1 : 0)
        + Text(PropertyFlags.CorrelationId, CorrelationId) + Text(PropertyFlags.ReplyTo, ReplyTo) + Text(PropertyFlags.Expiration, Expiration)
        + Text(PropertyFlags.MessageId, MessageId) + (Has(PropertyFlags.Timestamp) ? sizeof(ulong) : 0) + Text(PropertyFlags.Type, Type)
        + Text(PropertyFlags.UserId, UserId) + Text(PropertyFlags.AppId, AppId) + Text(PropertyFlags.ClusterId, ClusterId);

    public static bool TryRead(ReadOnlySpan<byte> input, out BasicProperties properties)
    {
        var reader = new AmqpReader(input);
        var flags = reader.ReadUInt16();
        properties = new BasicProperties { Flags = (PropertyFlags)flags };
        // The lowest bit announces another word of flags, for properties that nobody has defined.
        if ((flags & UnknownFlags) != 0)
            return false;
        if (properties.Has(PropertyFlags.ContentType))
            properties.ContentType = reader.ReadShortString();
        if (properties.Has(PropertyFlags.ContentEncoding))
            properties.ContentEncoding = reader.ReadShortString();
        if (properties.Has(PropertyFlags.Headers))
            properties.Headers = reader.ReadTable();
        if (properties.Has(PropertyFlags.DeliveryMode))
            properties.DeliveryMode = reader.ReadByte();
        if (properties.Has(PropertyFlags.Priority))
            properties.Priority = reader.ReadByte();
        if (properties.Has(PropertyFlags.CorrelationId))
            properties.CorrelationId = reader.ReadShortString();
        if (properties.Has(PropertyFlags.ReplyTo))
            properties.ReplyTo = reader.ReadShortString();
        if (properties.Has(PropertyFlags.Expiration))
            properties.Expiration = reader.ReadShortString();
        if (properties.Has(PropertyFlags.MessageId))
            properties.MessageId = reader.ReadShortString();
        if (properties.Has(PropertyFlags.Timestamp))
            properties.Timestamp = reader.ReadUInt64();
        if (properties.Has(PropertyFlags.Type))
            properties.Type = reader.ReadShortString();
        if (properties.Has(PropertyFlags.UserId))
            properties.UserId = reader.ReadShortString();
        if (properties.Has(PropertyFlags.AppId))
            properties.AppId = reader.ReadShortString();
        if (properties.Has(PropertyFlags.ClusterId))
            properties.ClusterId = reader.ReadShortString();
        return reader.IsWhole;
    }

    public readonly void Write(ref AmqpWriter writer)
    {
        writer.WriteUInt16((ushort)Flags);
        WriteText(ref writer, PropertyFlags.ContentType, ContentType);
        WriteText(ref writer, PropertyFlags.ContentEncoding, ContentEncoding);
        if (Has(PropertyFlags.Headers))
            writer.WriteTable(Headers);
        if (Has(PropertyFlags.DeliveryMode))
            writer.WriteByte(DeliveryMode);
        if (Has(PropertyFlags.Priority))
            writer.WriteByte(Priority);
        WriteText(ref writer, PropertyFlags.CorrelationId, CorrelationId);
        WriteText(ref writer, PropertyFlags.ReplyTo, ReplyTo);
        WriteText(ref writer, PropertyFlags.Expiration, Expiration);
        WriteText(ref writer, PropertyFlags.MessageId, MessageId);
        if (Has(PropertyFlags.Timestamp))
            writer.WriteUInt64(Timestamp);
        WriteText(ref writer, PropertyFlags.Type, Type);
        WriteText(ref writer, PropertyFlags.UserId, UserId);
        WriteText(ref writer, PropertyFlags.AppId, AppId);
        WriteText(ref writer, PropertyFlags.ClusterId, ClusterId);
    }

    public readonly byte[] ToArray()
    {
        var bytes = new byte[Size];
        var writer = new AmqpWriter(bytes);
        Write(ref writer);
        return bytes;
    }

    private readonly int Text(PropertyFlags flag, ReadOnlySpan<byte> text) => Has(flag) ? 1 + text.Length : 0;

    private readonly void WriteText(ref AmqpWriter writer, PropertyFlags flag, ReadOnlySpan<byte> text)
    {
        if (Has(flag))
            writer.WriteShortString(text);
    }
}
