using System.Buffers;
using System.IO.Pipelines;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>Answers through a pipe: where something stands between the gateway and the socket (TLS) that wants the bytes anyway.</summary>
/// <param name="silence">What a client may take to make room for an answer.</param>
internal sealed class PipeAnswers(PipeWriter output, TimeSpan silence, TimeProvider time) : IAnswerOutput
{
    private readonly CancellationTokenSource _silence = new(Timeout.InfiniteTimeSpan, time);

    public void Advance(int count) => output.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

    public void Append(ReadOnlyMemory<byte> bytes) => output.Write(bytes.Span);

    public async ValueTask<bool> FlushAsync()
    {
        _silence.CancelAfter(silence);
        try
        {
            var flush = await output.FlushAsync(_silence.Token).ConfigureAwait(false);
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
            return !flush.IsCompleted && !flush.IsCanceled;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Silent for too long; or whatever stands in between could not send and left word of it in the pipe.
            return false;
        }
    }

    public void Dispose() => _silence.Dispose();
}
