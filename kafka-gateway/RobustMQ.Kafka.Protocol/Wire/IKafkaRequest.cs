namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>Body of a request.</summary>
public interface IKafkaRequest : IWireItem
{
    static abstract KafkaApi Api { get; }
}
