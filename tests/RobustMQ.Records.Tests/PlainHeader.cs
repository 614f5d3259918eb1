namespace RobustMQ.Records.Tests;

/// <summary>A record header with bytes of its own.</summary>
internal sealed record PlainHeader(string Name, byte[]? Value);
