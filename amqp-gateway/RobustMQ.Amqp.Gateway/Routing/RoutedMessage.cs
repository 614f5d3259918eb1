namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>What routing looks at.</summary>
/// <param name="routingKey">As published.</param>
/// <param name="properties">Flags and properties as encoded; empty where the caller knows that no exchange on the way needs them.</param>
internal readonly ref struct RoutedMessage(ReadOnlySpan<byte> routingKey, ReadOnlySpan<byte> properties)
{
    public ReadOnlySpan<byte> RoutingKey { get; } = routingKey;

    public ReadOnlySpan<byte> Properties { get; } = properties;
}
