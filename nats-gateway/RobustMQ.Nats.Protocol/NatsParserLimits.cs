namespace RobustMQ.Nats.Protocol;

/// <summary>Bounds of what a client may send. The defaults are nats-server's.</summary>
/// <param name="ControlLineBytesMax">Arguments of one command, without verb and line end.</param>
/// <param name="PayloadBytesMax">Headers and payload of one message.</param>
public sealed record NatsParserLimits(int ControlLineBytesMax = 4096, int PayloadBytesMax = 1 << 20);
