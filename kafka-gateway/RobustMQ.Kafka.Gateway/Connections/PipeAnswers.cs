using System.Buffers;
using System.IO.Pipelines;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>Answers through a pipe: where something stands between the gateway and the socket (TLS) that wants the bytes anyway.</summary>
internal sealed class PipeAnswers(PipeWriter output) : IAnswerOutput
{
    public void Advance(int count) => output.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

    public void Append(ReadOnlyMemory<byte> bytes) => output.Write(bytes.Span);

    public async ValueTask<bool> FlushAsync()
    {
        var flush = await output.FlushAsync().ConfigureAwait(false);
        return !flush.IsCompleted && !flush.IsCanceled;
    }
}
