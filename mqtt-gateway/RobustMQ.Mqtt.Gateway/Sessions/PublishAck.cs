using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>An answer to a PUBLISH or PUBREL.</summary>
internal readonly record struct PublishAck(PacketType Type, ushort PacketId, ReasonCode Reason = ReasonCode.Success);
