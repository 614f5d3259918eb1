namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>
/// Messages of one topic, QoS and retain flag that stand one behind the other in one piece of input. They are delivered together: one lock and one run of writes per
/// receiver instead of one per message.
/// </summary>
internal readonly ref struct PublishRun
{
    public required ReadOnlySpan<byte> Source { get; init; }

    public required ReadOnlySpan<byte> Topic { get; init; }

    public required ReadOnlySpan<byte> Subject { get; init; }

    public required ReadOnlySpan<RunMessage> Messages { get; init; }

    public required byte Qos { get; init; }

    public required bool Retain { get; init; }

    /// <summary>The properties are those of 5.0; before, there are none.</summary>
    public required bool IsV5 { get; init; }

    /// <summary>The packets, as they stand in the source, are what a receiver of the same version at QoS 0 gets.</summary>
    public required bool CanCopy { get; init; }

    public PublishRun Only(int index) => Part(index, 1);

    public PublishRun Part(int start, int count) => new()
    {
        Source = Source,
        Topic = Topic,
        Subject = Subject,
        Messages = Messages.Slice(start, count),
        Qos = Qos,
        Retain = Retain,
        IsV5 = IsV5,
        CanCopy = CanCopy,
    };

    public ReadOnlySpan<byte> PropertiesOf(in RunMessage message) => Source.Slice(message.PropertiesStart, message.PropertiesLength);

    public ReadOnlySpan<byte> PayloadOf(in RunMessage message) => Source.Slice(message.PayloadStart, message.PayloadLength);

    /// <summary>All packets, where <see cref="CanCopy"/>.</summary>
    public ReadOnlySpan<byte> Packets => Source[Messages[0].PacketStart..(Messages[^1].PacketStart + Messages[^1].PacketLength)];
}
