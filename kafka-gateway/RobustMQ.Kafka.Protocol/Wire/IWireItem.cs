namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>A message, or a part of one that stands in an array.</summary>
public interface IWireItem
{
    /// <summary>
    /// Carries every field, in the order of the wire, over to <paramref name="wire"/> or from it: one description reads, writes and measures. A field that the version
    /// does not have keeps its initial value.
    /// </summary>
    void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct;
}
