using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>
/// The answer to one request: a JSON object. Success leaves <c>error</c> out, since clients of the earlier form take its mere presence for a failure. A command either fails or writes the
/// properties of its success. Used again and again: see <see cref="Mq9Answers"/>.
/// </summary>
internal sealed class Mq9Answer : IDisposable
{
    // Answers are read by JSON parsers, never pasted into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    public Mq9Answer() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>Null where the command succeeded.</summary>
    public string? Error { get; private set; }

    /// <summary>Inside the answer's object.</summary>
    public Utf8JsonWriter Json => _json;

    /// <summary>Writes messages into it.</summary>
    public MessageItem Item { get; } = new();

    public long Bytes => _json.BytesCommitted + _json.BytesPending;

    /// <summary>Memory that it keeps.</summary>
    public int Capacity => _buffer.Capacity;

    /// <summary>For another request.</summary>
    public void Begin()
    {
        Error = null;
        Clear();
    }

    /// <summary>Replaces whatever was written.</summary>
    public void Fail(string error)
    {
        Error = error;
        Clear();
        _json.WriteString("error"u8, error);
    }

    /// <summary>The whole object with CR LF behind it, as a publish wants it, until the answer is used again. Nothing can be written afterwards.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\r\n"u8);
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private void Clear()
    {
        _json.Reset();
        _buffer.ResetWrittenCount();
        _json.WriteStartObject();
    }
}
