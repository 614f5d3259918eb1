using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Live;

/// <summary>Turns what a PUBLISH says beyond topic and payload into record headers, as docs/protocols/mapping.md has it. Not thread-safe.</summary>
internal sealed class RecordHeaderEncoder(TopicMapping mapping)
{
    private readonly RecordHeadersBuilder _builder = new();

    public int Count => _builder.Count;

    public ReadOnlySpan<byte> Encoded => _builder.Encoded;

    /// <param name="nowMs">Unix ms, from which an expiry counts.</param>
    /// <param name="publisher">Client identifier of a client that wants nothing back of what it publishes; empty: any other.</param>
    public void Encode(PropertyBlock properties, byte qos, bool retain, long nowMs, ReadOnlySpan<byte> publisher)
    {
        _builder.Clear();
        if (qos > 0)
            _builder.Add(RecordHeaderNames.MqttQos, qos == 1 ? "1"u8 : "2"u8);
        if (retain)
            _builder.Add(RecordHeaderNames.MqttRetain, "1"u8);
        if (!publisher.IsEmpty)
            _builder.Add(RecordHeaderNames.MqttClient, publisher);
        if (properties.IsEmpty)
            return;
        foreach (var property in properties)
            Add(property, nowMs);
    }

    /// <summary>Behind what was encoded: not before this moment, Unix ms.</summary>
    public void AddDelay(long untilMs) => AddNumber(RecordHeaderNames.DelayUntil, untilMs);

    private void Add(in Property property, long nowMs)
    {
        switch (property.Id)
        {
            case PropertyId.PayloadFormatIndicator when property.Number == 1:
                _builder.Add(RecordHeaderNames.PayloadIsText, "1"u8);
                break;
            case PropertyId.MessageExpiryInterval:
                AddNumber(RecordHeaderNames.ExpiresAt, nowMs + property.Number * 1000L);
                break;
            case PropertyId.ContentType:
                _builder.Add(RecordHeaderNames.ContentType, property.Value);
                break;
            case PropertyId.ResponseTopic:
                AddResponseTopic(property.Value);
                break;
            case PropertyId.CorrelationData:
                _builder.Add(RecordHeaderNames.CorrelationId, property.Value);
                break;
            case PropertyId.UserProperty:
                AddUser(property.Name, property.Value);
                break;
        }
    }

    private void AddNumber(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out var written);
        _builder.Add(name, text[..written]);
    }

    private void AddResponseTopic(ReadOnlySpan<byte> topic)
    {
        var subject = ArrayPool<byte>.Shared.Rent(TopicMapping.SubjectBytesMax(topic.Length));
        if (mapping.TryToSubject(topic, subject, out var written))
            _builder.Add(RecordHeaderNames.ReplyTo, subject.AsSpan(0, written));
        ArrayPool<byte>.Shared.Return(subject);
    }

    private void AddUser(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!name.StartsWith(RecordHeaderNames.ReservedPrefix))
        {
            _builder.Add(name, value);
            return;
        }
        // A client cannot speak in the name of the gateways.
        var pair = ArrayPool<byte>.Shared.Rent(2 + name.Length + value.Length);
        BinaryPrimitives.WriteUInt16BigEndian(pair, (ushort)name.Length);
        name.CopyTo(pair.AsSpan(2));
        value.CopyTo(pair.AsSpan(2 + name.Length));
        _builder.Add(RecordHeaderNames.MqttUserProperty, pair.AsSpan(0, 2 + name.Length + value.Length));
        ArrayPool<byte>.Shared.Return(pair);
    }
}
