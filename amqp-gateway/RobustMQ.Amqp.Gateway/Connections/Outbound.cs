using System.Buffers;
using System.IO.Pipelines;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>
/// What goes to one client. Answers and deliveries of many threads are written under its lock, straight into the transport's pipe; whoever wrote flushes when it has written all that it has.
/// </summary>
/// <remarks>
/// The pipe pauses at the connection's pending limit. From a flush that does not complete at once until it does the client is congested: what is written meanwhile is held back, and consumers get
/// no new credit, so that it stays within what they were allowed before. The client itself is not read meanwhile.
/// </remarks>
internal sealed class Outbound(PipeWriter writer, TimeProvider time)
{
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _held;
    private List<Action>? _waiting;
    private Task? _congestion;
    private bool _isDirty;
    private bool _isClosed;
    private long _lastWrite = time.GetTimestamp();

    /// <summary>Largest frame that the client takes.</summary>
    public int FrameMax { get; set; } = AmqpFrame.SizeMin;

    public long Messages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Completes when the client takes bytes again; null while it does.</summary>
    public Task? Congestion => Volatile.Read(ref _congestion);

    /// <summary>The socket is gone, or nothing is to be written any more.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Closed while the client took nothing: what lies in its socket will never be read.</summary>
    public bool WasStuck { get; private set; }

    /// <summary>Since something was written last.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastWrite));

    public void WriteMethod<T>(ushort channel, in T method)
        where T : IAmqpMethod<T>, allows ref struct
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            FrameWriter.WriteMethod(Target, channel, method);
            _isDirty = true;
        }
    }

    /// <summary>A method with a content behind it, with nothing between them.</summary>
    public void WriteContent<T>(ushort channel, in T method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
        where T : IAmqpMethod<T>, allows ref struct
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            FrameWriter.WriteContent(Target, channel, method, properties, body, FrameMax);
            _isDirty = true;
            Messages++;
            Bytes += body.Length;
        }
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            Target.Write(bytes);
            _isDirty = true;
        }
    }

    public void WriteHeartbeat()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            FrameWriter.WriteHeartbeat(Target);
            _isDirty = true;
        }
    }

    /// <summary>Sends what was written. Never waits.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            if (_isDirty)
                FlushCore();
        }
    }

    /// <summary>Runs an action when the client takes bytes again.</summary>
    /// <returns>False: it does, and the action is the caller's.</returns>
    public bool TryWait(Action whenItTakes)
    {
        lock (_lock)
        {
            if (_congestion is null || _isClosed)
                return false;
            (_waiting ??= []).Add(whenItTakes);
            return true;
        }
    }

    /// <summary>Nothing is written from here on.</summary>
    public void Close()
    {
        lock (_lock)
            CloseCore();
    }

    private IBufferWriter<byte> Target => _congestion is null ? writer : _held ??= new ArrayBufferWriter<byte>();

    private void FlushCore()
    {
        if (_isClosed || _congestion is not null)
            return;
        _isDirty = false;
        Volatile.Write(ref _lastWrite, time.GetTimestamp());
        var flush = writer.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            // Completed by the reading side: the socket is gone.
            if (flush.Result.IsCompleted)
                CloseCore();
            return;
        }
        _congestion = EndCongestionAsync(flush);
    }

    private async Task EndCongestionAsync(ValueTask<FlushResult> flush)
    {
        // The lock's holder sets the task first.
        await Task.Yield();
        bool isGone;
        try
        {
            isGone = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            isGone = true;
        }
        List<Action>? waiting;
        lock (_lock)
        {
            _congestion = null;
            if (isGone)
                CloseCore();
            (waiting, _waiting) = (_waiting, null);
            if (!_isClosed && _held is { WrittenCount: > 0 })
            {
                writer.Write(_held.WrittenSpan);
                _held = null;
                FlushCore();
            }
        }
        foreach (var action in waiting ?? [])
            action();
    }

    private void CloseCore()
    {
        _isClosed = true;
        _held = null;
        if (_congestion is not null)
        {
            // Whoever waits for the client waits no longer.
            WasStuck = true;
            writer.CancelPendingFlush();
        }
    }
}
