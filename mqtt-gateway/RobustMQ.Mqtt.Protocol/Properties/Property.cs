namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>One property; which of the values is set its identifier says.</summary>
public readonly ref struct Property
{
    public PropertyId Id { get; init; }

    /// <summary>Of byte, two-byte, four-byte and variable integers.</summary>
    public uint Number { get; init; }

    /// <summary>Of a user property.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Of text, binary and user properties.</summary>
    public ReadOnlySpan<byte> Value { get; init; }
}
