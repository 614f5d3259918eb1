using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace RobustMQ.StorageNode;

/// <summary>HTTP/2 as the storage API needs it: few connections, streams that may be silent for hours, and messages of megabytes.</summary>
public static class StorageTransport
{
    public static void SetLimits(KestrelServerLimits limits, StorageServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(options);
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        limits.MaxRequestBodySize = null;
        // Streams may be silent for hours.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = options.StreamWindowBytes * 2;
        // Batches are some 64 KiB: a frame takes one.
        limits.Http2.MaxFrameSize = 128 << 10;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
