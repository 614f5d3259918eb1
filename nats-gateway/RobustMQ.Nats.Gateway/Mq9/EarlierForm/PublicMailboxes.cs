using System.Text.Json;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>The mailboxes whose creators wanted them known, as records with the mailbox's address as key, its description as value, and its end as theirs.</summary>
internal sealed class PublicMailboxes(IStorageClient storage, TimeProvider time)
{
    public KeyedTopic Topic { get; } = new(storage, MailboxNames.PublicMailboxes, time);

    public ValueTask<ErrorCode> AddAsync(Namespace ns, MailboxSpec mailbox)
    {
        var expiresAtMs = mailbox.TtlSeconds == 0 ? 0 : time.GetUtcNow().ToUnixTimeMilliseconds() + mailbox.TtlSeconds * 1000;
        var entry = new PublicMailbox(mailbox.Address, mailbox.Description ?? string.Empty, expiresAtMs);
        return Topic.PutAsync(ns, mailbox.Address, entry.Encode(), expiresAtMs);
    }
}

/// <summary>One public mailbox.</summary>
/// <param name="ExpiresAtMs">Unix ms; 0: never.</param>
internal sealed record PublicMailbox(string Address, string Description, long ExpiresAtMs)
{
    /// <summary>Bytes of <see cref="WriteFields"/> at most: a character is written as six where it must be escaped.</summary>
    public long WrittenBytesMax => 128 + (Address.Length * 2L) + (Description.Length * 6L);

    public byte[] Encode()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteFields(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    public void WriteFields(Utf8JsonWriter json)
    {
        json.WriteString("mail_id"u8, Address);
        json.WriteString("mail_address"u8, Address);
        json.WriteString("desc"u8, Description);
        if (ExpiresAtMs > 0)
            json.WriteNumber("expires_at"u8, ExpiresAtMs / 1000);
    }

    /// <param name="expiresAtMs">Of the record.</param>
    public static PublicMailbox? Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiresAtMs)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            using var document = JsonDocument.ParseValue(ref reader);
            var description = document.RootElement.TryGetProperty("desc", out var text) ? text.GetString() : null;
            return new PublicMailbox(System.Text.Encoding.UTF8.GetString(key), description ?? string.Empty, expiresAtMs);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
