namespace RobustMQ.Hosting.Configuration;

/// <summary>One value as a source gave it.</summary>
/// <param name="Origin">For error messages: <c>robustmq.yaml line 7</c>, <c>environment ROBUSTMQ_NATS__PORT</c>, <c>flag --nats:port</c>.</param>
public sealed record Setting(string Text, string Origin);
