using System.Buffers.Text;
using System.Globalization;
using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Amqp.Gateway.Shared;

/// <summary>What a message on <c>amq.topic</c> is to clients of other protocols, as docs/protocols/mapping.md has it. Not thread-safe.</summary>
internal sealed class SharedHeaders
{
    private readonly RecordHeadersBuilder _headers = new();

    public ReadOnlySpan<byte> Encoded => _headers.Encoded;

    public int Count => _headers.Count;

    /// <param name="expiresAtMs">Unix ms; 0: never.</param>
    public void Encode(in AmqpEnvelope envelope, long expiresAtMs)
    {
        _headers.Clear();
        var bytes = new byte[envelope.Size];
        envelope.Write(bytes);
        _headers.Add(RecordHeaderNames.Amqp, bytes);
        if (expiresAtMs > 0)
            AddNumber(RecordHeaderNames.ExpiresAt, expiresAtMs);
        if (!BasicProperties.TryRead(envelope.Properties, out var properties))
            return;
        if (properties.Has(PropertyFlags.Priority) && properties.Priority > 0)
            AddNumber(RecordHeaderNames.Priority, properties.Priority);
        if (properties.Has(PropertyFlags.ContentType))
            _headers.Add(RecordHeaderNames.ContentType, properties.ContentType);
        if (properties.Has(PropertyFlags.CorrelationId))
            _headers.Add(RecordHeaderNames.CorrelationId, properties.CorrelationId);
        if (properties.Has(PropertyFlags.ReplyTo))
            _headers.Add(RecordHeaderNames.ReplyTo, AmqpNames.Encode(properties.ReplyTo));
        var fields = new FieldTableReader(properties.Headers);
        while (fields.MoveNext())
            AddField(fields.Name, fields.Value);
    }

    /// <summary>Texts as they are, numbers and flags as text; what is no single value only AMQP clients see.</summary>
    private void AddField(ReadOnlySpan<byte> name, in FieldValue value)
    {
        // A client cannot speak in the name of the gateways.
        if (name.StartsWith(RecordHeaderNames.ReservedPrefix))
            return;
        if (value.Type is FieldType.LongString or FieldType.Bytes)
            _headers.Add(name, value.Content);
        else if (value.IsInteger || value.Type == FieldType.Timestamp)
            AddNumber(name, value.Integer);
        else if (value.Type == FieldType.Boolean)
            _headers.Add(name, value.Integer != 0 ? "true"u8 : "false"u8);
        else if (value.Type is FieldType.Float or FieldType.Double)
            _headers.Add(name, Encoding.ASCII.GetBytes(value.Float.ToString("R", CultureInfo.InvariantCulture)));
        else if (value.Type == FieldType.Void)
            _headers.AddNull(name);
    }

    private void AddNumber(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out var written);
        _headers.Add(name, text[..written]);
    }
}
