using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>Takes requests off a connection: a length of 4 bytes, then as many bytes. The only copy of a request's bytes in the gateway happens here.</summary>
internal sealed class FrameReceiver : IDisposable
{
    private const int PrefixBytes = sizeof(int);

    /// <summary>What a client that announces a request must send of it in time, or all that is left: a slow line is not silence, and a trickle would hold memory for nothing.</summary>
    private const int ProgressBytes = 128 << 10;

    private static readonly TimeSpan ProgressTimeout = TimeSpan.FromSeconds(30);

    private readonly PipeReader _input;
    private readonly RequestMemory _memory;
    private readonly CancellationToken _closed;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _ended;

    /// <param name="closed">Ends every receive.</param>
    public FrameReceiver(PipeReader input, RequestMemory memory, TimeProvider time, CancellationToken closed)
    {
        (_input, _memory, _closed) = (input, memory, closed);
        _silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, closed);
    }

    /// <param name="bytesMax">Largest request.</param>
    /// <returns>Null: the client is gone, silent for too long, or announced what no request can be. There is none after it.</returns>
    public async ValueTask<RequestFrame?> ReceiveAsync(int bytesMax, TimeSpan idle)
    {
        _silence.CancelAfter(idle);
        if (await ReceiveLengthAsync(_ended.Token).ConfigureAwait(false) is not { } length || length <= 0 || length > bytesMax)
            return null;
        // Waiting for memory is not the client's silence.
        _silence.CancelAfter(Timeout.InfiniteTimeSpan);
        await _memory.ReserveAsync(length, _closed).ConfigureAwait(false);
        var frame = new RequestFrame(ArrayPool<byte>.Shared.Rent(length), length, _memory);
        _silence.CancelAfter(ProgressTimeout);
        try
        {
            if (await FillAsync(frame, _ended.Token).ConfigureAwait(false))
            {
                // Nor is the time that serving takes.
                _silence.CancelAfter(Timeout.InfiniteTimeSpan);
                return frame;
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        frame.Dispose();
        return null;
    }

    public void Dispose()
    {
        _ended.Dispose();
        _silence.Dispose();
    }

    private async ValueTask<int?> ReceiveLengthAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = await _input.ReadAtLeastAsync(PrefixBytes, cancellationToken).ConfigureAwait(false);
            if (read.Buffer.Length < PrefixBytes || read.IsCanceled)
                return null;
            var length = ReadLength(read.Buffer);
            _input.AdvanceTo(read.Buffer.GetPosition(PrefixBytes));
            return length;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async ValueTask<bool> FillAsync(RequestFrame frame, CancellationToken cancellationToken)
    {
        var filled = 0;
        var inTime = 0;
        while (filled < frame.Length)
        {
            var read = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, frame.Length - filled));
            taken.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsMemory(frame.Memory).Span[filled..]);
            filled += (int)taken.Length;
            _input.AdvanceTo(taken.End);
            if (read.IsCanceled || (read.IsCompleted && taken.IsEmpty))
                return false;
            if (filled - inTime < ProgressBytes)
                continue;
            inTime = filled;
            _silence.CancelAfter(ProgressTimeout);
        }
        return true;
    }

    private static int ReadLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        return BinaryPrimitives.ReadInt32BigEndian(prefix);
    }
}
