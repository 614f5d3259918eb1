using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Live;

/// <summary>Turns a record's headers into the properties of a PUBLISH, as docs/protocols/mapping.md has it. Not thread-safe.</summary>
internal sealed class RecordProperties
{
    private const int LengthMax = ushort.MaxValue;

    private readonly PropertyBlockBuilder _builder = new();

    public ReadOnlySpan<byte> Encoded => _builder.Encoded;

    /// <summary>Of the publisher; 0 where it was no MQTT client.</summary>
    public byte Qos { get; private set; }

    public bool Retain { get; private set; }

    /// <summary>What is left of its life is the first property.</summary>
    public bool Expires { get; private set; }

    /// <returns>False where the record has expired: nobody gets it.</returns>
    public bool TryBuild(in Record record, long nowMs)
    {
        _builder.Clear();
        Qos = 0;
        Retain = false;
        Expires = false;
        if (record.Headers.Count == 0)
            return true;
        if (StorageHeaders.ExpiresAtMsOf(record) is var expiresAtMs and > 0)
        {
            if (expiresAtMs <= nowMs)
                return false;
            // What is left, rounded up: a message that lives is not told to be dead.
            Expires = true;
            _builder.Add(PropertyId.MessageExpiryInterval, (uint)Math.Min((expiresAtMs - nowMs + 999) / 1000, uint.MaxValue));
        }
        foreach (var header in record.Headers)
            Add(header);
        return true;
    }

    private void Add(in RecordHeader header)
    {
        var name = header.Name;
        var value = header.Value;
        if (!name.StartsWith(RecordHeaderNames.ReservedPrefix))
            AddUser(name, value);
        else if (name.SequenceEqual(RecordHeaderNames.MqttQos))
            Qos = value.SequenceEqual("2"u8) ? (byte)2 : (byte)1;
        else if (name.SequenceEqual(RecordHeaderNames.MqttRetain))
            Retain = true;
        else if (name.SequenceEqual(RecordHeaderNames.PayloadIsText))
            _builder.Add(PropertyId.PayloadFormatIndicator, 1);
        else if (name.SequenceEqual(RecordHeaderNames.ContentType) && IsText(value))
            _builder.Add(PropertyId.ContentType, value);
        else if (name.SequenceEqual(RecordHeaderNames.CorrelationId) && value.Length <= LengthMax)
            _builder.Add(PropertyId.CorrelationData, value);
        else if (name.SequenceEqual(RecordHeaderNames.ReplyTo))
            AddResponseTopic(value);
        else if (name.SequenceEqual(RecordHeaderNames.MqttUserProperty))
            AddReserved(value);
    }

    private void AddResponseTopic(ReadOnlySpan<byte> subject)
    {
        var topic = ArrayPool<byte>.Shared.Rent(Math.Max(subject.Length, 1));
        if (TopicMapping.TryToTopic(subject, topic, out var written) && IsText(topic.AsSpan(0, written)))
            _builder.Add(PropertyId.ResponseTopic, topic.AsSpan(0, written));
        ArrayPool<byte>.Shared.Return(topic);
    }

    private void AddReserved(ReadOnlySpan<byte> pair)
    {
        if (BinaryPrimitives.TryReadUInt16BigEndian(pair, out var length) && length <= pair.Length - 2)
            AddUser(pair.Slice(2, length), pair[(2 + length)..]);
    }

    /// <summary>What is no MQTT text, other protocols' bytes, is left out.</summary>
    private void AddUser(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsText(name) && IsText(value))
            _builder.AddUser(name, value);
    }

    private static bool IsText(ReadOnlySpan<byte> value) => value.Length <= LengthMax && MqttText.IsValid(value);
}
