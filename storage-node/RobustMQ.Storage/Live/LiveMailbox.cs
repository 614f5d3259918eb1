using Microsoft.Extensions.Logging;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Nodes;

namespace RobustMQ.Storage.Live;

/// <summary>
/// Calls one subscriber, one call at a time and in order, and never makes a caller wait: records go straight through where the subscriber is idle, everything else is
/// queued (records up to a bound in bytes) and handed over on the thread pool. So no two subscribers that call the hub from inside a call can lock each other out.
/// </summary>
internal sealed partial class LiveMailbox(ILiveSubscriber subscriber, string name, int bytesMax, StorageMetrics metrics, ILogger logger) : IThreadPoolWorkItem
{
    /// <summary>Queued things that one turn hands over before it makes room for others on the pool.</summary>
    private const int TurnMax = 64;

    private readonly Queue<LiveMail> _queue = new();
    private readonly Lock _lock = new();
    private long _queuedBytes;
    private long _dropped;
    private bool _busy = true;
    private bool _scheduled;
    private bool _closed;

    /// <summary>Makes the first call; until it returns, everything is queued.</summary>
    public void Open(SubscriberId id)
    {
        subscriber.OnConnected(id);
        Leave();
    }

    public void Deliver(in LiveRecords records, int count)
    {
        lock (_lock)
        {
            if (_closed)
                return;
            if (_busy || _queue.Count > 0)
            {
                Enqueue(records, count);
                return;
            }
            _busy = true;
        }
        try
        {
            subscriber.OnRecords(records);
            metrics.LiveDelivered(count);
        }
        catch (Exception error)
        {
            LogFailed(name, error);
        }
        Leave();
    }

    public void Tell(in PeerInterest peer)
    {
        lock (_lock)
        {
            if (!_closed)
                Enqueue(LiveMail.Of(peer));
        }
    }

    /// <summary>Hands over what is queued and then the last call.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            Enqueue(LiveMail.Disconnect);
        }
    }

    public void Execute()
    {
        lock (_lock)
        {
            _scheduled = false;
            if (_busy)
                return;
            _busy = true;
        }
        for (var turn = 0; turn < TurnMax && TryTake(out var mail, out var dropped); turn++)
            HandOver(mail, dropped);
        Leave();
    }

    private void Enqueue(in LiveRecords records, int count)
    {
        if (_queuedBytes + records.Batch.Length > bytesMax)
        {
            _dropped += count;
            metrics.LiveDropped(count);
            return;
        }
        metrics.LiveDelivered(count);
        Enqueue(LiveMail.CopyOf(records));
    }

    private void Enqueue(LiveMail mail)
    {
        _queuedBytes += mail.SizeBytes;
        _queue.Enqueue(mail);
        Schedule();
    }

    private void Schedule()
    {
        if (_busy || _scheduled)
            return;
        _scheduled = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Leave()
    {
        lock (_lock)
        {
            _busy = false;
            if (_queue.Count > 0 || _dropped > 0)
                Schedule();
        }
    }

    private bool TryTake(out LiveMail mail, out long dropped)
    {
        lock (_lock)
        {
            // What was left out came after everything that is queued.
            dropped = _queue.Count == 0 ? _dropped : 0;
            if (dropped > 0)
                _dropped = 0;
            if (_queue.TryDequeue(out mail))
                _queuedBytes -= mail.SizeBytes;
            else if (dropped == 0)
                return false;
            return true;
        }
    }

    private void HandOver(LiveMail mail, long dropped)
    {
        try
        {
            if (dropped > 0)
                subscriber.OnDropped(dropped);
            else
                mail.HandTo(subscriber);
        }
        catch (Exception error)
        {
            LogFailed(name, error);
        }
        mail.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Live subscriber {Name} failed to take what was delivered")]
    private partial void LogFailed(string name, Exception error);
}
