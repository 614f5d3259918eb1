using System.Buffers;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Frames;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>What is to be answered. <see cref="Release"/> gives back what the answer's bytes lie in, once they are written or will not be.</summary>
internal abstract class Reply
{
    /// <summary>Nothing is answered (produce with acks=0).</summary>
    public static Reply None { get; } = new Silence();

    /// <summary>The request cannot be understood, or not be answered: the connection ends.</summary>
    public static Reply Close { get; } = new Silence();

    /// <returns>Bytes written; 0: nothing to send.</returns>
    public abstract int Write(IBufferWriter<byte> output);

    public virtual void Release()
    {
    }

    private sealed class Silence : Reply
    {
        public override int Write(IBufferWriter<byte> output) => 0;
    }
}

/// <summary>A response in the version of its request.</summary>
internal sealed class Reply<T>(KafkaApi api, short version, int correlationId, T body) : Reply
    where T : IWireItem
{
    public override int Write(IBufferWriter<byte> output) => ResponseFrame.Write(output, api, version, correlationId, body);

    public override void Release() => (body as IDisposable)?.Dispose();
}
