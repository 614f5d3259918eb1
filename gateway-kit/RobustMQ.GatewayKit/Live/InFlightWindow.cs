namespace RobustMQ.GatewayKit.Live;

/// <summary>Bytes that a gateway has handed to the storage-node and that are not answered yet; publishers wait while there are too many.</summary>
public sealed class InFlightWindow(long bytesMax)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private TaskCompletionSource? _room;

    public bool IsEmpty => Interlocked.Read(ref _bytes) == 0;

    public bool HasRoom => Interlocked.Read(ref _bytes) < bytesMax;

    public void Add(long bytes)
    {
        lock (_lock)
            _bytes += bytes;
    }

    public void Remove(long bytes)
    {
        TaskCompletionSource? room = null;
        lock (_lock)
        {
            _bytes -= bytes;
            if (_bytes < bytesMax)
                (room, _room) = (_room, null);
        }
        room?.SetResult();
    }

    /// <summary>Completes when there is room.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_bytes < bytesMax)
                return ValueTask.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }
}
