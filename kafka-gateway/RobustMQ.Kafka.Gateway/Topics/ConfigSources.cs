namespace RobustMQ.Kafka.Gateway.Topics;

/// <summary>Where a config's value comes from, as the protocol counts.</summary>
internal static class ConfigSources
{
    public const sbyte Topic = 1;
    public const sbyte Broker = 4;
    public const sbyte Default = 5;
}
