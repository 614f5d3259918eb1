using System.Buffers;
using System.IO.Pipelines;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>
/// What goes to one client. Many publishers write under its lock, straight into the transport's pipe; whoever wrote first since the last flush flushes at the end of
/// its own read batch.
/// </summary>
/// <remarks>
/// The pipe pauses at the connection's pending limit, so a flush that does not complete at once means a client that is too slow: nobody waits for it, it is closed.
/// </remarks>
internal sealed class Outbound(PipeWriter writer)
{
    private readonly Lock _lock = new();
    private bool _isDirty;
    private bool _isClosed;

    /// <summary>Messages delivered to this client.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of their headers and payloads, as nats-server counts.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes written and not yet given to the transport.</summary>
    public long PendingBytes
    {
        get
        {
            lock (_lock)
                return _isClosed || !writer.CanGetUnflushedBytes ? 0 : writer.UnflushedBytes;
        }
    }

    /// <summary>Called once, outside the lock, when the client has let more bytes wait than it may.</summary>
    public Action? SlowConsumerDetected { get; set; }

    /// <summary>Writes a run of messages to one subscription, up to the number it still wants.</summary>
    /// <param name="prefix"><c>subject sid </c>, for this subject and subscription.</param>
    /// <returns>Messages written.</returns>
    public int Deliver(in PublishRun run, NatsSubscription subscription, ReadOnlySpan<byte> prefix, bool withHeaders, FlushList flushList)
    {
        int written;
        lock (_lock)
        {
            if (_isClosed || subscription.IsRemoved)
                return 0;
            written = run.Messages.Length;
            if (subscription.DeliverMax > 0)
                written = (int)Math.Min(written, subscription.DeliverMax - subscription.Delivered);
            if (written <= 0)
                return 0;
            subscription.Delivered += written;
            Write(run, written, prefix, withHeaders);
            if (_isDirty)
                return written;
            _isDirty = true;
        }
        flushList.Add(subscription.Connection);
        return written;
    }

    /// <summary>Writes a piece of protocol (INFO, PONG, -ERR, ...) and leaves the flush to the caller.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (!_isClosed)
                writer.Write(bytes);
        }
    }

    /// <summary>Sends what was written. Never waits.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            _isDirty = false;
            if (_isClosed)
                return;
            var flush = writer.FlushAsync();
            if (flush.IsCompletedSuccessfully)
            {
                // Completed by the reading side: the socket is gone.
                _isClosed = flush.Result.IsCompleted;
                return;
            }
            // An incomplete flush is never awaited, which a Pipe allows: this client is written to no more.
            _isClosed = true;
        }
        SlowConsumerDetected?.Invoke();
    }

    /// <summary>Nothing is written from here on.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
    }

    /// <summary>Ends a subscription after this many messages since it began. True where it has had them already.</summary>
    public bool LimitDeliveries(NatsSubscription subscription, long deliverMax)
    {
        lock (_lock)
        {
            subscription.DeliverMax = deliverMax;
            return subscription.Delivered >= deliverMax;
        }
    }

    private void Write(in PublishRun run, int count, ReadOnlySpan<byte> prefix, bool withHeaders)
    {
        var at = 0;
        var bytes = 0L;
        while (at < count)
        {
            var needed = MessageWriter.SizeMax(run.Messages[at], prefix.Length);
            var span = writer.GetSpan(needed);
            var used = 0;
            do
            {
                ref readonly var message = ref run.Messages[at];
                used += MessageWriter.Write(span[used..], run.Source, message, prefix, withHeaders);
                bytes += message.BodyLength;
                at++;
            }
            while (at < count && MessageWriter.SizeMax(run.Messages[at], prefix.Length) <= span.Length - used);
            writer.Advance(used);
        }
        Messages += count;
        Bytes += bytes;
    }
}
