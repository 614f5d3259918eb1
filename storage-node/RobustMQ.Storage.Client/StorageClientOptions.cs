using System.Net.Security;

namespace RobustMQ.Storage.Client;

/// <summary>How to reach a storage-node and how patient to be with it. Every limit has its unit in its name, and a reason for its default.</summary>
public sealed record StorageClientOptions
{
    /// <summary><c>http://host:port</c> (HTTP/2 without TLS), <c>https://host:port</c>, or <c>unix:/path/to/socket</c>.</summary>
    public required string Address { get; init; }

    /// <summary>For <c>https</c>: trusted authorities, a client certificate. Null: the system's own.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Appends that were sent and are not answered, bytes. 32 MiB keep a fast disk busy through a round trip.</summary>
    public int AppendWindowBytes { get; init; } = 32 << 20;

    /// <summary>Appends that wait for the window, bytes of the callers' own memory. Past that an append is refused with <c>LimitExceeded</c>.</summary>
    public long AppendQueueBytes { get; init; } = 256L << 20;

    /// <summary>Unanswered appends of one log that can be repeated. A storage-node remembers as many of one producer to tell a repeat.</summary>
    public int AppendsPerLogMax { get; init; } = 256;

    /// <summary>Appends are put together up to this size when the stream is busy. Beyond 64 KiB a message's own cost no longer shows.</summary>
    public int AppendMessageBytes { get; init; } = 256 << 10;

    /// <summary>Largest gRPC message either way. Above the largest batch, and above the largest answer that a storage-node gives a read.</summary>
    public int MessageBytesMax { get; init; } = 80 << 20;

    /// <summary>HTTP/2 receive window of a stream, bytes: what may be under way before this side has read it.</summary>
    public int StreamWindowBytes { get; init; } = 8 << 20;

    /// <summary>One attempt to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>One attempt of a call, on top of what the call itself asks the storage-node to wait.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long calls and unanswered appends are repeated before they are given up.</summary>
    public TimeSpan RetryTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so long without a connection, calls fail at once until there is one again.</summary>
    public TimeSpan FailFastAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause between two attempts to connect.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection that is silent this long is asked whether it still stands.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to that may take.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentException">A value cannot be; the message names it.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Address);
        ArgumentOutOfRangeException.ThrowIfLessThan(AppendWindowBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AppendQueueBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AppendsPerLogMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AppendMessageBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MessageBytesMax, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(StreamWindowBytes, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CallTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FailFastAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReconnectDelayMax, TimeSpan.Zero);
    }
}
