using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>Short numbers that a client has given its topics (5.0 section 3.3.2.3.4). Not thread-safe.</summary>
/// <param name="maximum">As the client was told.</param>
internal sealed class TopicAliases(int maximum)
{
    private byte[]?[] _topics = [];

    /// <param name="alias">0: the packet has none.</param>
    /// <param name="topic">As the packet has it; where that is empty, what the alias stands for.</param>
    public ReasonCode Resolve(ushort alias, ref ReadOnlySpan<byte> topic)
    {
        if (alias > maximum)
            return ReasonCode.TopicAliasInvalid;
        if (alias == 0)
            return ReasonCode.ProtocolError;
        if (_topics.Length == 0)
            _topics = new byte[]?[maximum];
        if (!topic.IsEmpty)
        {
            if (_topics[alias - 1] is not { } known || !topic.SequenceEqual(known))
                _topics[alias - 1] = topic.ToArray();
            return ReasonCode.Success;
        }
        if (_topics[alias - 1] is not { } found)
            return ReasonCode.ProtocolError;
        topic = found;
        return ReasonCode.Success;
    }
}
