namespace RobustMQ.Storage.Consumers.Core;

/// <summary>A record that matches and waits for its first delivery.</summary>
/// <param name="ExpiresMs">Unix milliseconds of its own expiry or the consumer's; 0: never.</param>
/// <param name="Bytes">Of key, value and headers.</param>
internal readonly record struct ReadyRecord(long Offset, long ExpiresMs, int Bytes, byte Priority);
