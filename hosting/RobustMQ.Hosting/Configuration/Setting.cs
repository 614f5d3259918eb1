namespace RobustMQ.Hosting.Configuration;

/// <summary>One value as a source gave it.</summary>
/// <param name="Origin">For error messages: <c>robustmq.yaml line 7</c>, <c>environment ROBUSTMQ_NATS__PORT</c>, <c>flag --nats:port</c>.</param>
/// <param name="Source">A file may speak of other processes too, and a text of it is never split into a list.</param>
public sealed record Setting(string Text, string Origin, SettingSource Source);
