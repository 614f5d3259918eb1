using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>Writes messages as FETCH and QUERY show them. Keeps scratch memory: one answer at a time.</summary>
internal sealed class MessageItem
{
    private readonly HeaderBlockBuilder _headers = new();

    /// <summary>Bytes that an item takes at most, near enough: base 64 of the payload, four characters for each byte of headers as numbers and as much again as text.</summary>
    public static long SizeMax(in Record record) => 160 + record.Value.Length * 4L / 3 + record.Headers.Encoded.Length * 8L + record.Key.Length * 2L;

    public void Write(Utf8JsonWriter json, in Record record)
    {
        var priority = MailPriorities.Of(record);
        _headers.Build(record.Headers, out _);
        json.WriteStartObject();
        json.WriteNumber("msg_id"u8, record.Offset.Value);
        json.WriteBase64String("payload"u8, record.Value);
        json.WriteString("priority"u8, priority.CurrentWord());
        json.WriteNumber("create_time"u8, record.TimestampMs / 1000);
        WriteHeaders(json, _headers.Block);
        if (record.HasKey && !record.KeyIsSubject)
            json.WriteString("key"u8, Encoding.UTF8.GetString(record.Key));
        WriteTags(json, _headers.Block);
        if (record.Headers.TryGet(RecordHeaderNames.ExpiresAt, out var expires) && Utf8Parser.TryParse(expires, out long expiresMs, out _))
            json.WriteNumber("expires_at"u8, expiresMs / 1000);
        json.WriteEndObject();
    }

    private static void WriteHeaders(Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            json.WriteNull("header"u8);
            return;
        }
        json.WriteStartArray("header"u8);
        foreach (var value in block)
            json.WriteNumberValue(value);
        json.WriteEndArray();

        json.WriteStartObject("headers"u8);
        var names = new HashSet<string>();
        foreach (var header in new NatsHeaderBlock(block))
        {
            // Of a repeated header the first one: an object has each name once, and the block above has them all.
            var name = Encoding.UTF8.GetString(header.Name);
            if (names.Add(name))
                json.WriteString(name, Encoding.UTF8.GetString(header.Value));
        }
        json.WriteEndObject();
    }

    private static void WriteTags(Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        var isOpen = false;
        foreach (var header in new NatsHeaderBlock(block))
        {
            if (!MessageTags.IsTags(header.Name))
                continue;
            foreach (var range in header.Value.Split((byte)','))
            {
                var tag = header.Value[range].Trim(" \t"u8);
                if (tag.IsEmpty)
                    continue;
                if (!isOpen)
                    json.WriteStartArray("tags"u8);
                isOpen = true;
                json.WriteStringValue(Encoding.UTF8.GetString(tag));
            }
        }
        if (isOpen)
            json.WriteEndArray();
    }
}
