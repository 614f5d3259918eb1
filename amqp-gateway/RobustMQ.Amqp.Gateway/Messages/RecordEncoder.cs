using System.Buffers.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Amqp.Gateway.Messages;

/// <summary>Turns a message into a record's headers: the envelope, and what the storage-node itself acts on. Not thread-safe.</summary>
internal sealed class RecordEncoder
{
    private readonly RecordHeadersBuilder _headers = new();
    private byte[] _envelope = new byte[512];

    public ReadOnlySpan<byte> Encoded => _headers.Encoded;

    public int Count => _headers.Count;

    /// <param name="priority">0: none.</param>
    /// <param name="expiresAtMs">Unix ms; 0: never.</param>
    public void Encode(in AmqpEnvelope envelope, int priority, long expiresAtMs)
    {
        _headers.Clear();
        var size = envelope.Size;
        if (_envelope.Length < size)
            _envelope = new byte[size * 2];
        envelope.Write(_envelope);
        _headers.Add(RecordHeaderNames.Amqp, _envelope.AsSpan(0, size));
        if (priority > 0)
            AddNumber(RecordHeaderNames.Priority, priority);
        if (expiresAtMs > 0)
            AddNumber(RecordHeaderNames.ExpiresAt, expiresAtMs);
    }

    private void AddNumber(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out var written);
        _headers.Add(name, text[..written]);
    }
}
