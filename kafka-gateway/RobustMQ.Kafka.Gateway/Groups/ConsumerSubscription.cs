using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>What consumers tell each other when they join: <c>version i16 | topics | ...</c> (ConsumerProtocolSubscription). Read only as far as the topics.</summary>
internal static class ConsumerSubscription
{
    /// <returns>None where the bytes are not a consumer's.</returns>
    public static IReadOnlyList<string> Topics(byte[] metadata)
    {
        var reader = new WireReader(metadata, 0, isFlexible: false);
        short version = 0;
        IReadOnlyList<string> topics = [];
        reader.Int16(ref version);
        reader.Texts(ref topics);
        return reader.IsMalformed ? [] : topics;
    }
}
