using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>One permission: who may, or may not, do what with which resources.</summary>
public sealed class AclBinding : IWireItem
{
    public sbyte ResourceType;

    public string ResourceName = string.Empty;

    public sbyte PatternType = 3;

    public string Principal = string.Empty;

    public string Host = string.Empty;

    public sbyte Operation;

    public sbyte PermissionType;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int8(ref ResourceType);
        wire.Text(ref ResourceName);
        if (wire.Version >= 1)
            wire.Int8(ref PatternType);
        wire.Text(ref Principal);
        wire.Text(ref Host);
        wire.Int8(ref Operation);
        wire.Int8(ref PermissionType);
        wire.Tags();
    }
}
