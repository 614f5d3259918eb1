using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>What a client's bytes come and go through, and how that ends.</summary>
/// <param name="Context">May be ended without waiting for the client to read; null: that is not possible.</param>
internal readonly record struct ClientTransport(IDuplexPipe Pipe, ConnectionContext? Context)
{
    private const long LingerBytesMax = 1 << 20;

    private static readonly TimeSpan LingerTime = TimeSpan.FromMilliseconds(500);

    /// <param name="isStuck">The client takes nothing: what lies in its socket will never be read.</param>
    public ValueTask CompleteAsync(bool isStuck)
    {
        if (isStuck)
            Context?.Abort();
        return Pipe.Output.CompleteAsync();
    }

    /// <summary>A client that is still sending must be able to read why it is closed: what it sends is thrown away for a moment instead of answered with a reset.</summary>
    public async ValueTask LingerAsync(TimeProvider time)
    {
        using var limit = new CancellationTokenSource(LingerTime, time);
        try
        {
            for (var bytes = 0L; bytes < LingerBytesMax;)
            {
                var read = await Pipe.Input.ReadAsync(limit.Token).ConfigureAwait(false);
                bytes += read.Buffer.Length;
                Pipe.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
        }
    }
}
