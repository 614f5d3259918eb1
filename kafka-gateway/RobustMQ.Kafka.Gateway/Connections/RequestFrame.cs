using System.Buffers;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>One received request in a pooled buffer: the bytes of a produced batch go from here to the storage without another copy. Dispose once.</summary>
internal sealed class RequestFrame(byte[] buffer, int length, RequestMemory memory) : IDisposable
{
    private byte[]? _buffer = buffer;

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, length);

    public int Length => length;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is not { } buffer)
            return;
        ArrayPool<byte>.Shared.Return(buffer);
        memory.Release(length);
    }
}
