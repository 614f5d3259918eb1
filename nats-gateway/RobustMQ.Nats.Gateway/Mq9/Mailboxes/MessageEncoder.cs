using System.Buffers.Text;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>Makes the batch of one message: its key, its NATS headers as they came, and what the storage must know of it as reserved headers. Reused; one message at a time.</summary>
internal sealed class MessageEncoder : IDisposable
{
    private readonly RecordBatchBuilder _batch = new();
    private readonly RecordHeaderEncoder _headers = new();

    /// <summary>The bytes stay the encoder's, valid until the next call.</summary>
    public ReadOnlyMemory<byte> Encode(in SendOptions options, MailPriority priority, ReadOnlySpan<byte> headerBlock, ReadOnlySpan<byte> payload, long nowMs)
    {
        _batch.Reset();
        _headers.Encode(default, headerBlock);
        _headers.Add(RecordHeaderNames.Priority, priority.HeaderValue());
        Span<byte> digits = stackalloc byte[20];
        if (options.TtlSeconds > 0)
            _headers.Add(RecordHeaderNames.ExpiresAt, Digits(nowMs + options.TtlSeconds * 1000, digits));
        if (options.DelaySeconds > 0)
            _headers.Add(RecordHeaderNames.DelayUntil, Digits(nowMs + options.DelaySeconds * 1000, digits));
        if (options.Key.IsEmpty)
            _batch.AppendKeyless(nowMs, payload, _headers.Encoded, _headers.Count);
        else
            _batch.Append(nowMs, RecordAttributes.None, options.Key, payload, _headers.Encoded, _headers.Count);
        return _batch.Build();
    }

    public void Dispose() => _batch.Dispose();

    private static ReadOnlySpan<byte> Digits(long value, Span<byte> target)
    {
        Utf8Formatter.TryFormat(value, target, out var written);
        return target[..written];
    }
}
