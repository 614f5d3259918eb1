namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>One message of a <see cref="PublishRun"/>, by positions in the run's source bytes.</summary>
internal readonly record struct RunMessage
{
    /// <summary>Of the whole packet. 0 long where the source holds no packet, only its parts.</summary>
    public required int PacketStart { get; init; }

    public required int PacketLength { get; init; }

    public required int PropertiesStart { get; init; }

    public required int PropertiesLength { get; init; }

    public required int PayloadStart { get; init; }

    public required int PayloadLength { get; init; }

    /// <summary>Where a topic alias stands among the properties (it is the publisher's own and goes no further); -1: none.</summary>
    public required int AliasAt { get; init; }

    /// <summary>Where the seconds of the message's life stand among the properties; 0: it lives for ever.</summary>
    public required int ExpiryAt { get; init; }

    /// <summary>The publisher's; 0 with QoS 0.</summary>
    public ushort PacketId { get; init; }
}
