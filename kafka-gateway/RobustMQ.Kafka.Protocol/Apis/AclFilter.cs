using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>Which permissions are meant; a text that is null means any.</summary>
public class AclFilter : IWireItem
{
    public sbyte ResourceType;

    public string? ResourceName;

    public sbyte PatternType = 3;

    public string? Principal;

    public string? Host;

    public sbyte Operation;

    public sbyte PermissionType;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int8(ref ResourceType);
        wire.NullableText(ref ResourceName);
        if (wire.Version >= 1)
            wire.Int8(ref PatternType);
        wire.NullableText(ref Principal);
        wire.NullableText(ref Host);
        wire.Int8(ref Operation);
        wire.Int8(ref PermissionType);
        wire.Tags();
    }
}
