namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Types of resources that have configs, as the protocol counts.</summary>
internal static class ConfigResources
{
    public const sbyte Topic = 2;
    public const sbyte Broker = 4;

    /// <summary>Why the configs of anything else cannot be changed.</summary>
    public const string OnlyTopics = "only the configs of topics can be changed; a broker's are its settings";
}
