using System.Buffers;

namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>An output that takes large fields as they lie instead of a copy of them.</summary>
public interface IReferencingWriter : IBufferWriter<byte>
{
    /// <summary>Puts bytes behind what was written. They stay their owner's, who keeps them as they are until the output has sent them.</summary>
    void Append(ReadOnlyMemory<byte> bytes);
}
