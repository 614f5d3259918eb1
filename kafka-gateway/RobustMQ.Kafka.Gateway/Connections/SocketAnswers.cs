using System.Buffers;
using System.Net.Sockets;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>
/// Answers straight to the socket: records go from the memory they were read into to the operating system, without a copy between. The connection's pipe is not written to
/// beside it. Small fields gather in pooled blocks, which an idle connection has none of.
/// </summary>
/// <param name="silence">How long a client may take none of what is sent.</param>
internal sealed class SocketAnswers(Socket socket, TimeSpan silence, TimeProvider time) : IAnswerOutput
{
    private const int BlockBytes = 4 << 10;

    /// <summary>A client that takes this much in time is not silent.</summary>
    private const int SendBytes = 1 << 20;

    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<byte[]> _blocks = [];
    private readonly CancellationTokenSource _silence = new(Timeout.InfiniteTimeSpan, time);
    private byte[] _block = [];
    private int _begun;
    private int _used;

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (Math.Max(sizeHint, 1) > _block.Length - _used)
            BeginBlock(sizeHint);
        return _block.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Append(ReadOnlyMemory<byte> bytes)
    {
        EndPiece();
        _pieces.Add(bytes);
    }

    public async ValueTask<bool> FlushAsync()
    {
        EndPiece();
        try
        {
            foreach (var piece in _pieces)
            {
                for (var sent = 0; sent < piece.Length;)
                {
                    _silence.CancelAfter(silence);
                    sent += await socket.SendAsync(piece.Slice(sent, Math.Min(SendBytes, piece.Length - sent)), SocketFlags.None, _silence.Token).ConfigureAwait(false);
                }
            }
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            Forget();
        }
    }

    public void Dispose() => _silence.Dispose();

    private void BeginBlock(int bytes)
    {
        EndPiece();
        _block = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, BlockBytes));
        _blocks.Add(_block);
        (_begun, _used) = (0, 0);
    }

    private void EndPiece()
    {
        if (_used > _begun)
            _pieces.Add(_block.AsMemory(_begun, _used - _begun));
        _begun = _used;
    }

    private void Forget()
    {
        foreach (var block in _blocks)
            ArrayPool<byte>.Shared.Return(block);
        _blocks.Clear();
        _pieces.Clear();
        _block = [];
        (_begun, _used) = (0, 0);
    }
}
