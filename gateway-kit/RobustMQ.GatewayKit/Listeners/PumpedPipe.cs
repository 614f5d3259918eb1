using System.IO.Pipelines;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>
/// Makes any stream (TLS, WebSocket) look like a socket's pipe: writers fill a pipe that pauses at the pending limit and never wait for the stream; a pump carries the
/// bytes on.
/// </summary>
public sealed class PumpedPipe : IDuplexPipe, IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Pipe _output;
    private readonly Task _pump;

    /// <param name="pendingBytesMax">Bytes that may wait: a flush beyond them does not complete.</param>
    public PumpedPipe(Stream stream, long pendingBytesMax)
    {
        _stream = stream;
        _output = new Pipe(new PipeOptions(
            pauseWriterThreshold: pendingBytesMax, resumeWriterThreshold: pendingBytesMax / 2, useSynchronizationContext: false));
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 2 * 1024, leaveOpen: true, useZeroByteReads: true));
        _pump = PumpAsync();
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output.Writer;

    /// <summary>Sends what was flushed, then closes the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        await _output.Writer.CompleteAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        await Input.CompleteAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PumpAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                var read = await _output.Reader.ReadAsync().ConfigureAwait(false);
                foreach (var segment in read.Buffer)
                    await _stream.WriteAsync(segment).ConfigureAwait(false);
                if (!read.Buffer.IsEmpty)
                    await _stream.FlushAsync().ConfigureAwait(false);
                _output.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or System.Net.WebSockets.WebSocketException)
        {
            failure = error;
        }
        await _output.Reader.CompleteAsync(failure).ConfigureAwait(false);
    }
}
