namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Bounds of what waits for one client.</summary>
/// <param name="Patience">How long publishers wait for a client whose socket is full, once.</param>
internal sealed record OutboundLimits(int InFlightMax, int QueuedMessagesMax, long QueuedBytesMax, TimeSpan Patience, TimeProvider Time);
