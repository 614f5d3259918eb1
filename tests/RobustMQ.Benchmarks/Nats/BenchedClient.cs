using System.IO.Pipelines;

namespace RobustMQ.Benchmarks.Nats;

/// <summary>A client without a socket: the gateway has worked on what was sent when <see cref="Send"/> returns.</summary>
internal sealed class BenchedClient(PipeWriter toGateway, PipeReader fromGateway)
{
    public void Send(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(toGateway.GetSpan(bytes.Length));
        toGateway.Advance(bytes.Length);
        var flush = toGateway.FlushAsync();
        if (!flush.IsCompletedSuccessfully || flush.Result.IsCompleted)
            throw new InvalidOperationException("The gateway has not read everything.");
    }

    /// <summary>Throws away what has arrived; returns its length.</summary>
    public long Drain()
    {
        if (!fromGateway.TryRead(out var read))
            return 0;
        var bytes = read.Buffer.Length;
        fromGateway.AdvanceTo(read.Buffer.End);
        return bytes;
    }
}
