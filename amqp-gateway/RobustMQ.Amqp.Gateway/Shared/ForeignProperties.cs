using System.Text;
using System.Text.Unicode;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Amqp.Gateway.Shared;

/// <summary>The properties of a message that came through another protocol, as docs/protocols/mapping.md has it. Pure.</summary>
internal static class ForeignProperties
{
    private const byte Transient = 1;
    private const byte Persistent = 2;

    public static byte[] Of(in Record record, long expiresAtMs, long nowMs)
    {
        var properties = new BasicProperties { DeliveryMode = Transient, Timestamp = (ulong)Math.Max(0, record.TimestampMs / 1000), Flags = PropertyFlags.DeliveryMode | PropertyFlags.Timestamp };
        var fields = new List<(string Name, byte[]? Value)>();
        foreach (var header in record.Headers)
        {
            if (!header.Name.StartsWith(RecordHeaderNames.ReservedPrefix))
            {
                if (header.Name.Length <= AmqpWriter.ShortStringBytesMax && Utf8.IsValid(header.Name))
                    fields.Add((Encoding.UTF8.GetString(header.Name), header.HasValue ? header.Value.ToArray() : null));
                continue;
            }
            if (header.Name.SequenceEqual(RecordHeaderNames.MqttQos))
                properties.DeliveryMode = Persistent;
            if (header.Value.Length > AmqpWriter.ShortStringBytesMax)
                continue;
            if (header.Name.SequenceEqual(RecordHeaderNames.ContentType))
                properties.ContentType = header.Value;
            else if (header.Name.SequenceEqual(RecordHeaderNames.CorrelationId))
                properties.CorrelationId = header.Value;
            else if (header.Name.SequenceEqual(RecordHeaderNames.ReplyTo))
                properties.ReplyTo = KeyOf(header.Value);
        }
        properties.Priority = StorageHeaders.LaneOf(record);
        if (expiresAtMs > 0)
            properties.Expiration = Encoding.ASCII.GetBytes($"{Math.Max(1, expiresAtMs - nowMs)}");
        properties.Headers = Table(fields);
        SetFlags(ref properties);
        return properties.ToArray();
    }

    private static void SetFlags(ref BasicProperties properties)
    {
        var flags = properties.Flags;
        Add(PropertyFlags.ContentType, !properties.ContentType.IsEmpty);
        Add(PropertyFlags.CorrelationId, !properties.CorrelationId.IsEmpty);
        Add(PropertyFlags.ReplyTo, !properties.ReplyTo.IsEmpty);
        Add(PropertyFlags.Priority, properties.Priority > 0);
        Add(PropertyFlags.Expiration, !properties.Expiration.IsEmpty);
        Add(PropertyFlags.Headers, !properties.Headers.IsEmpty);
        properties.Flags = flags;

        void Add(PropertyFlags flag, bool isSet) => flags |= isSet ? flag : PropertyFlags.None;
    }

    public static byte[] KeyOf(ReadOnlySpan<byte> subject)
    {
        var key = new byte[subject.Length];
        return key[..AmqpNames.Decode(subject, key)];
    }

    /// <summary>A name that comes more than once has all its values, in an array.</summary>
    private static ReadOnlySpan<byte> Table(List<(string Name, byte[]? Value)> fields)
    {
        var table = new FieldWriter();
        foreach (var group in fields.GroupBy(static field => field.Name))
        {
            if (group.Count() == 1)
            {
                table.Add(Encoding.UTF8.GetBytes(group.Key), ValueOf(group.First().Value));
                continue;
            }
            var values = new FieldWriter();
            foreach (var (_, value) in group)
                values.AddItem(ValueOf(value).Type, value);
            table.AddArray(group.Key, values);
        }
        return table.Written;
    }

    private static FieldValue ValueOf(byte[]? value) =>
        value is null ? new FieldValue(FieldType.Void, default) : new FieldValue(Utf8.IsValid(value) ? FieldType.LongString : FieldType.Bytes, value);
}
